import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

interface Watched {
  /** Where the secret stands in the configuration, for the one who reads of a find. */
  readonly place: string;
  /** The text itself, and how it looks where it was encoded. */
  readonly forms: readonly string[];
}

/** Shorter texts turn up by chance. */
const shortest = 8;

/** Secrets that must show up nowhere, and the places where they did. */
export class SecretWatch {
  readonly #watched: Watched[] = [];
  readonly #finds: string[] = [];

  add(place: string, text: string): void {
    if (text.length >= shortest) this.#watched.push({ place, forms: formsOf(text) });
  }

  get places(): readonly string[] {
    return this.#watched.map(({ place }) => place);
  }

  /** `where` names what is looked at: standard output, a file, an answer. */
  look(where: string, text: string): void {
    for (const { place, forms } of this.#watched) {
      const form = forms.find((each) => text.includes(each));
      if (form === undefined) continue;
      const at = text.indexOf(form);
      const before = text.slice(Math.max(0, at - 80), at).replaceAll(/[^\x20-\x7e]/g, '·');
      this.#finds.push(`${place} is in ${where}, after: …${before}`);
    }
  }

  /** Every file below a folder, byte by byte. */
  lookAtFolder(folder: string): void {
    for (const name of readdirSync(folder)) {
      const path = join(folder, name);
      const found = statSync(path, { throwIfNoEntry: false });
      if (found?.isDirectory() === true) this.lookAtFolder(path);
      else if (found?.isFile() === true) this.look(path, readFileSync(path, 'latin1'));
    }
  }

  /** Throws with all finds, without the secrets themselves. */
  assertNothingFound(): void {
    if (this.#finds.length === 0) return;
    const shown = [...new Set(this.#finds)].slice(0, 20);
    throw new Error(`secrets have leaked:\n${shown.join('\n')}`);
  }
}

/** As written, in JSON, in an address, in hexadecimal digits, and in base64 wherever in a longer text it begins. */
function formsOf(text: string): readonly string[] {
  const inBase64 = ['', 'x', 'xx'].map((before) => {
    const whole = Buffer.from(before + text).toString('base64');
    // The first and last characters hold bits of what stands around it.
    return whole.slice(before === '' ? 0 : 4, -4);
  });
  const others = [encodeURIComponent(text), JSON.stringify(text).slice(1, -1), Buffer.from(text).toString('hex'), ...inBase64];
  return [text, ...others.filter((form) => form.length >= shortest)];
}
