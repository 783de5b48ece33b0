/**
 * A connection string without its compressors: the clients by which tests ask and arrange things load other packages for them
 * than Rotor does.
 */
export function uncompressed(uri: string): string {
  return uri.replace(/([?&])compressors=[^&]*&?/i, '$1').replace(/[?&]$/, '');
}
