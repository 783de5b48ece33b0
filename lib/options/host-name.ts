import { domainToASCII } from 'node:url';

const ASCII = /^[\0-\x7f]*$/;

/**
 * A host name as DNS compares it: without the dot at its end, in the A-labels (Punycode) of international names, in
 * lower case.
 *
 * @see MongoDB Initial DNS Seedlist Discovery specification, "Querying DNS"
 */
export function normalizeHostName(name: string): string {
  const stripped = name.replace(/\.$/, '');
  // Only names that need it: domainToASCII takes '1.2' for an IP address in short and writes it out.
  return ASCII.test(stripped) ? stripped.toLowerCase() : domainToASCII(stripped).toLowerCase();
}

/**
 * The `.example.com` that the given text means, with or without its first dot; undefined for text that is no domain of
 * at least two labels.
 *
 * @see MongoDB Initial DNS Seedlist Discovery specification, "srvAllowedHostsSuffix"
 */
export function domainSuffix(text: string): string | undefined {
  const name = normalizeHostName(text.replace(/^\.+|\.+$/g, ''));
  const labels = name.split('.');
  return labels.length >= 2 && labels.every((label) => /^[a-z0-9_-]{1,63}$/.test(label)) ? `.${name}` : undefined;
}
