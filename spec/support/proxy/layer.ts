import type { Document } from 'bson';
import type { Command } from './message.js';

/** What is known of one client connection. */
export interface Link {
  /** 1 for the first connection of the listener, and so on. */
  readonly id: number;
  /** `client.application.name` of the handshake, '' until then. */
  appName: string;
  /** Ends the connection (RST), as a server does that is told to. */
  reset(): void;
}

/** Sends a command on towards the server. The reply is undefined when none is expected. */
export type Next = (command: Command) => Promise<Document | undefined>;

/**
 * One thing that a proxy pretends. Layers stand around the server like the skins of an onion: each may change the
 * command, send it on (once, several times or not at all) and change the reply.
 *
 * Replies that a server streams (exhaust) pass through the layers with the same command, and a `next` that gives the
 * streamed reply.
 */
export interface Layer {
  /** Whether commands of this name are decoded for this layer. All others go past it. */
  wants(name: string): boolean;
  handle(command: Command, next: Next, link: Link): Promise<Document | undefined>;
}

export const isHello = (name: string): boolean => name === 'hello' || name.toLowerCase() === 'ismaster';

/** The command with fields over or, where undefined, without those that it has. */
export function withFields(command: Command, fields: Readonly<Record<string, unknown>>): Command {
  const body: Document = { ...command.body, ...fields };
  for (const [name, value] of Object.entries(fields)) if (value === undefined) delete body[name];
  return { ...command, body };
}

/** Passes a command through layers, the first one outermost. */
export function throughLayers(layers: readonly Layer[], command: Command, last: Next, link: Link): ReturnType<Next> {
  const [layer, ...inner] = layers;
  if (layer === undefined) return last(command);
  const next: Next = (changed) => throughLayers(inner, changed, last, link);
  return layer.wants(command.name) ? layer.handle(command, next, link) : next(command);
}
