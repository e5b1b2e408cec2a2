/** An alert that the product raised to call a person; `receivedAt` is real time in ms. */
export interface Page {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly startsAt?: string;
  readonly endsAt?: string;
  readonly generatorURL?: string;
  readonly receivedAt: number;
}

const keptPages = 1000;

/** The calls for a person that the sandbox received, oldest first; one that is posted again is the same one, as in Alertmanager. */
export class PageBook {
  #pages: Page[] = [];

  add(pages: readonly Page[]): void {
    for (const page of pages) {
      const known = this.#pages.findIndex(({ labels }) => isSame(labels, page.labels));
      this.#pages = (known === -1 ? [...this.#pages, page] : this.#pages.with(known, page)).slice(-keptPages);
    }
  }

  all(): readonly Page[] {
    return this.#pages;
  }
}

function isSame(a: Page['labels'], b: Page['labels']): boolean {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => a[name] === b[name]);
}

/** The alerts in the body of `POST /api/v2/alerts`; a text says what is wrong with it. */
export function readPages(body: unknown, receivedAt: number): readonly Page[] | string {
  if (!Array.isArray(body)) return 'the body must be an array of alerts';
  const pages: Page[] = [];
  for (const [index, item] of (body as readonly unknown[]).entries()) {
    const page = readPage(item, receivedAt);
    if (page === undefined)
      return `alert ${index}: labels and annotations must be objects of texts, with at least one label; times must be RFC 3339`;
    pages.push(page);
  }
  return pages;
}

function readPage(item: unknown, receivedAt: number): Page | undefined {
  if (typeof item !== 'object' || item === null) return undefined;
  const { labels, annotations = {}, startsAt, endsAt, generatorURL } = item as Readonly<Record<string, unknown>>;
  if (!areTexts(labels) || Object.keys(labels).length === 0 || !areTexts(annotations)) return undefined;
  if (!isTime(startsAt) || !isTime(endsAt) || (generatorURL !== undefined && typeof generatorURL !== 'string')) return undefined;
  return {
    labels,
    annotations,
    ...(startsAt === undefined ? {} : { startsAt }),
    ...(endsAt === undefined ? {} : { endsAt }),
    ...(generatorURL === undefined ? {} : { generatorURL }),
    receivedAt,
  };
}

function areTexts(value: unknown): value is Readonly<Record<string, string>> {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    Object.values(value).every((member) => typeof member === 'string')
  );
}

function isTime(value: unknown): value is string | undefined {
  return value === undefined || (typeof value === 'string' && !Number.isNaN(Date.parse(value)));
}
