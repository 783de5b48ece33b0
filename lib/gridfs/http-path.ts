/** Scheme and authority of a request in absolute form, as proxies send it. */
const ORIGIN = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i;
const CONTROL = /\p{Cc}/u;

/**
 * The path of a file within the mounted place: what stands in the URL behind the prefix, its percent escapes decoded.
 *
 * It is not read by `new URL`, which would resolve `..` and take `//name` for a host: names of files are just texts.
 *
 * @param url the target of the request, such as `/files/photo.png?size=full`, or a whole URL
 * @param prefix where the handler is mounted, such as `/files/`
 * @returns the path without a slash in front; `'elsewhere'` where the URL is not below the prefix; `'malformed'` for
 *   wrong escapes, bytes that are not UTF-8, and control characters
 */
export function pathWithin(url: string, prefix: string): { readonly path: string } | 'elsewhere' | 'malformed' {
  const target = url.replace(ORIGIN, '').replace(/[?#].*$/s, '');
  const from = prefix.endsWith('/') ? prefix : `${prefix}/`;
  if (!`${target}/`.startsWith(from)) return 'elsewhere';
  const path = decoded(target.slice(from.length));
  return path === undefined || CONTROL.test(path) ? 'malformed' : { path };
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    // A URIError, which says no more than that it could not.
    return undefined;
  }
}
