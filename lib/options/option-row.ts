import type { OptionType } from './option-type.js';

/** One option: everything that is to know about it before it has an effect. */
export interface OptionRow {
  /** The canonical name, in camel case. A connection string knows it in lower case. */
  readonly name: string;
  readonly type: OptionType;
  /** The value where none is given; without one the option is undefined. */
  readonly default?: unknown;
  /** Further names for the same option, all equal. Case and underscores never matter: `max_pool_size` is no alias. */
  readonly aliases?: readonly string[];
  /** Aliases of which a connection string warns; they give way where the canonical name is there too. */
  readonly deprecatedAliases?: readonly string[];
  /** Cannot stand in a connection string. */
  readonly inCodeOnly?: true;
  /** An invalid value in a connection string is an error, where others are ignored with a warning. */
  readonly strict?: true;
  /** Never shown in a message. */
  readonly secret?: true;
  /** A wrong value is a TypeError, as a wrong type of an argument. */
  readonly isArgument?: true;
  /** The option stands for others, or for itself and others: their names and values. */
  readonly spread?: (value: any) => Readonly<Record<string, unknown>>;
  /** Taken without effect; a text says why in a warning. */
  readonly ignored?: true | string;
  /** Refused, and why. */
  readonly refused?: string;
}
