import type { MemberChange } from './deployment.js';

/** The part of a replica set's configuration that is changed here. */
export interface SetConfig {
  readonly version: number;
  readonly members: readonly SetMember[];
  readonly settings?: Readonly<Record<string, unknown>>;
}

/** MongoDB's defaults. */
const PATIENCE = { electionTimeoutMillis: 10_000, heartbeatTimeoutSecs: 10 };

interface SetMember {
  readonly _id: number;
  readonly host: string;
  readonly priority?: number;
  readonly hidden?: boolean;
  readonly tags?: Readonly<Record<string, string>>;
}

/** One change at a time: a configuration with one member more. */
export function withMember(config: SetConfig, host: string): SetConfig {
  if (config.members.some((member) => member.host === host)) return config;
  const _id = 1 + Math.max(...config.members.map((member) => member._id));
  return next(config, [...config.members, { _id, host }]);
}

/** A configuration with one member less. */
export function withoutMember(config: SetConfig, host: string): SetConfig {
  const members = config.members.filter((member) => member.host !== host);
  return members.length === config.members.length ? config : next(config, members);
}

/**
 * A configuration with other tags, visibility and priorities.
 *
 * @param changes by address.
 * @throws Error for an address that is not in the configuration.
 */
export function withChanges(config: SetConfig, changes: Readonly<Record<string, MemberChange>>): SetConfig {
  const known = config.members.map((member) => member.host);
  for (const address of Object.keys(changes)) {
    if (known.includes(address)) continue;
    throw new Error(`members: expected addresses of ${known.join(', ')}, got ${JSON.stringify(address)}`);
  }
  const members = config.members.map((member) => {
    const change = changes[member.host];
    return change === undefined ? member : { ...member, ...change, ...priorityOf(change) };
  });
  return next(config, members);
}

/** A configuration whose members elect no other primary only because a busy machine has held theirs up for a moment. */
export function withPatience(config: SetConfig): SetConfig {
  return { ...next(config, config.members), settings: { ...config.settings, ...PATIENCE } };
}

/** Whether a member with this change can be elected no more: the server refuses that from its primary. */
export function losesOffice(change: MemberChange): boolean {
  return (change.priority ?? priorityOf(change).priority) === 0;
}

function priorityOf({ hidden, priority }: MemberChange): { priority?: number } {
  if (priority !== undefined || hidden === undefined) return {};
  return { priority: hidden ? 0 : 1 };
}

function next(config: SetConfig, members: readonly SetMember[]): SetConfig {
  return { ...config, members, version: config.version + 1 };
}
