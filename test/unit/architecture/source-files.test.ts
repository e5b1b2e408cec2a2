import { describe, expect, it } from 'vitest';
import { importsOf, withoutComments } from './source-files.ts';

describe('reading imports', () => {
  it('finds every form, over several lines too, and tells types from values', () => {
    const code = [
      "import { a } from './a.ts';",
      "import type { B } from '../run/b.ts';",
      'import {',
      '  c,',
      '  type D,',
      "} from '../value/c.ts';",
      "import * as e from 'ioredis';",
      "import F, { g } from 'axios';",
      "import 'side-effect';",
      "export { h } from './h.ts';",
      "export * from './i.ts';",
      "export type { J } from './j.ts';",
      "const k = await import('@kubernetes/client-node');",
      "type L = typeof import('../cli/l.ts');",
    ].join('\n');

    expect(importsOf({ path: 'src/rule/x.ts', code })).toEqual([
      { target: 'src/rule/a.ts', isTypeOnly: false },
      { target: 'src/run/b.ts', isTypeOnly: true },
      { target: 'src/value/c.ts', isTypeOnly: false },
      { target: 'ioredis', isTypeOnly: false },
      { target: 'axios', isTypeOnly: false },
      { target: 'side-effect', isTypeOnly: false },
      { target: 'src/rule/h.ts', isTypeOnly: false },
      { target: 'src/rule/i.ts', isTypeOnly: false },
      { target: 'src/rule/j.ts', isTypeOnly: true },
      { target: '@kubernetes/client-node', isTypeOnly: false },
      { target: 'src/cli/l.ts', isTypeOnly: true },
    ]);
  });

  it('reads no import out of a comment, and keeps addresses', () => {
    const text = "/** as in\n * import { a } from './a.ts'\n */\nconst u = 'http://host/'; // import('./b.ts')\n";

    expect(importsOf({ path: 'src/x.ts', code: withoutComments(text) })).toEqual([]);
    expect(withoutComments(text)).toContain("'http://host/'");
  });
});
