const label = /^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/;

/** A DNS label as RFC 1123 and Kubernetes have it: namespaces, Services. */
export function isDnsLabel(text: string): boolean {
  return label.test(text);
}

/** A DNS subdomain as RFC 1123 and Kubernetes have it: names of most objects. Never contains `/`, `..` or `%`. */
export function isDnsSubdomain(text: string): boolean {
  return text.length <= 253 && text.split('.').every((part) => label.test(part));
}
