/** What reading a record back from a database gives: plain JSON that nobody else holds. */
export function plainCopy<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}
