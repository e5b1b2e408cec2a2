/** Source of new ids: lower-case letters and digits, at least 60 bits of chance, never all digits; ids made later sort later. */
export interface Ids {
  next(): string;
}
