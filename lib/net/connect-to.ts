import { HostAddress } from '../options/host-address.js';
import { emitOptionWarnings } from '../options/option-warning.js';
import type { ResolvedOptions, TLSSettings } from '../options/resolved-options.js';
import { dialThroughProxy } from './socks.js';
import { tcpConnect } from './tcp.js';
import { tlsConnect } from './tls.js';
import { TLSMaterial } from './tls-material.js';
import type { Connect } from './transport.js';

/** The way to each server of a client: directly or through a proxy, in plain text or over TLS. Opens nothing. */
export function connectTo(network: ResolvedOptions): (address: string) => Connect {
  const { proxy, tls } = network;
  const dial = proxy === undefined ? undefined : dialThroughProxy(proxy, network);
  if (tls === undefined) return (address) => tcpConnect(HostAddress.parse(address), network, dial);
  warnOfTrust(tls);
  const options = { settings: tls, material: new TLSMaterial(tls), network, dial };
  return (address) => tlsConnect(HostAddress.parse(address), options);
}

function warnOfTrust({ allowInvalidCertificates, allowInvalidHostnames }: TLSSettings): void {
  const trusted = allowInvalidCertificates ? 'any certificate' : 'the certificate of any host';
  if (!allowInvalidCertificates && !allowInvalidHostnames) return;
  const names = 'tlsInsecure, tlsAllowInvalidCertificates, tlsAllowInvalidHostnames';
  const message = `TLS is on, and ${trusted} is accepted: whoever is on the way can read and change everything (${names})`;
  emitOptionWarnings([{ key: `tls:${trusted}`, message }]);
}
