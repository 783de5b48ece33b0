import { inspect, isDeepStrictEqual } from 'node:util';
import { ConfigurationError, InvalidURIError } from '../errors/usage-errors.js';
import { EXCLUSIVE } from './conflicts.js';
import type { OptionRow } from './option-row.js';
import { BOOLEAN } from './option-type.js';
import type { OptionWarning } from './option-warning.js';
import { findOption, nearestOption } from './table.js';

/** The options of one source (a connection string, a TXT record, an options object) by canonical name. */
export type OptionLayer = Map<string, unknown>;

interface Entry {
  readonly given: string;
  readonly row: OptionRow;
  readonly deprecated: boolean;
}

/** Stores a value; names of one option that disagree within a source are an error. */
function put(layer: OptionLayer, spelling: Map<string, string>, entry: Entry, value: unknown): void {
  const spread = entry.row.spread?.(value) ?? { [entry.row.name]: value };
  for (const [name, part] of Object.entries(spread)) {
    if (part === undefined || part === null) continue;
    if (layer.has(name) && !isDeepStrictEqual(layer.get(name), part)) {
      throw new ConfigurationError(
        `options ${spelling.get(name)} and ${entry.given} set the same thing to different values; give one of them`,
      );
    }
    if (!layer.has(name)) spelling.set(name, entry.given);
    layer.set(name, part);
  }
}

function shown(row: OptionRow, value: unknown): string {
  return row.secret ? 'the given value' : inspect(value, { depth: 1, breakLength: Number.POSITIVE_INFINITY });
}

/**
 * Reads the options of a connection string.
 *
 * Unknown names and most invalid values are ignored with a warning, as the specification demands of a string that
 * drivers share; values that decide about security or durability are refused.
 *
 * @param options - values by lower-case name, from `parseURI`
 * @param warnings - receives what is ignored or deprecated
 * @throws InvalidURIError for refused values and contradictions
 */
export function layerOfURI(options: ReadonlyMap<string, readonly string[]>, warnings: OptionWarning[]): OptionLayer {
  const layer: OptionLayer = new Map();
  const spelling = new Map<string, string>();
  const warn = (key: string, message: string): void => void warnings.push({ key, message });
  const entries: [Entry, readonly string[]][] = [];
  for (const [given, texts] of options) {
    const found = findOption(given);
    if (found === undefined) warn(`unknown:${given}`, `unknown option "${given}" in a connection string is ignored`);
    else if (found.row.inCodeOnly) {
      warn(`code:${given}`, `option "${given}" is ignored in a connection string: give it in the options object`);
    } else entries.push([{ given, ...found }, texts]);
  }
  // Canonical names go first, so that a deprecated one sees whether its replacement is there.
  entries.sort(([a], [b]) => Number(a.deprecated) - Number(b.deprecated));
  for (const [entry, texts] of entries) {
    const { row, given } = entry;
    if (row.refused !== undefined) throw new InvalidURIError(`option "${given}" is not supported: ${row.refused}`);
    if (row.ignored !== undefined) {
      if (row.ignored !== true) warn(`ignored:${given}`, `option "${given}" has no effect: ${row.ignored}`);
      valueOfTexts(entry, texts, warn);
      continue;
    }
    if (entry.deprecated && layer.has(row.name)) {
      warn(`deprecated:${given}`, `deprecated option "${given}" is ignored, as its replacement "${row.name}" is given`);
      continue;
    }
    if (entry.deprecated) warn(`deprecated:${given}`, `option "${given}" is deprecated: use "${row.name}"`);
    const value = valueOfTexts(entry, texts, warn);
    if (value !== undefined) inURI(() => put(layer, spelling, entry, value));
  }
  return layer;
}

/** A contradiction inside of a connection string is an error of the string. */
function inURI(act: () => void): void {
  try {
    act();
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    throw new InvalidURIError(`in a connection string: ${error.message}`, { cause: error });
  }
}

type Warn = (key: string, message: string) => void;

function valueOfTexts(entry: Entry, texts: readonly string[], warn: Warn): unknown {
  const { given, row } = entry;
  if (row.type.isList) {
    const values = texts.map((text) => valueOfText(entry, text, warn));
    return values.includes(undefined) ? undefined : values.flat();
  }
  if (texts.length > 1) {
    // "The precedence of which key value pair will be used is undefined": no guess where the values differ.
    if (new Set(texts).size > 1)
      throw new InvalidURIError(`option "${given}" appears more than once with different values`);
    warn(`repeated:${given}`, `option "${given}" appears more than once in a connection string`);
  }
  return valueOfText(entry, texts[0]!, warn);
}

function valueOfText({ given, row }: Entry, text: string, warn: Warn): unknown {
  const { type } = row;
  if (text === '' && type.ignoresEmpty) {
    return warn(`empty:${given}`, `option "${given}" of a connection string is ignored, as it is empty`);
  }
  const value = type.read(text);
  if (value !== undefined && type.check(value)) {
    if (type === BOOLEAN && text !== String(value)) {
      warn(`boolean:${given}`, `deprecated boolean value "${text}" for "${given}": use "${given}=${value}"`);
    }
    return type.tidy ? type.tidy(value) : value;
  }
  const reason = type.formerly?.(text) ?? `expected ${type.expected}, not ${shown(row, text)}`;
  const message = `invalid value for option "${given}" in a connection string: ${reason}`;
  if (row.strict) throw new InvalidURIError(message);
  const salvaged = type.salvage?.(text);
  warn(`invalid:${given}`, `${message}; it is ignored`);
  return salvaged;
}

/**
 * Reads an options object. `undefined` and `null` count as not given; everything else must be right.
 *
 * @throws ConfigurationError for an unknown name, with the nearest known one, an invalid value, or a contradiction
 * @throws TypeError for a port that is no port
 */
export function layerOfCode(options: Readonly<Record<string, unknown>>, warnings: OptionWarning[]): OptionLayer {
  const layer: OptionLayer = new Map();
  const spelling = new Map<string, string>();
  for (const [given, value] of Object.entries(options)) {
    if (value === undefined || value === null) continue;
    const found = findOption(given);
    if (found === undefined) throw unknownOption(given);
    const { row } = found;
    if (row.refused !== undefined) throw new ConfigurationError(`option ${given} is not supported: ${row.refused}`);
    const checked = row.type.check(value) ? value : salvaged(given, row, value, warnings);
    if (row.ignored === undefined)
      put(layer, spelling, { given, ...found }, row.type.tidy ? row.type.tidy(checked) : checked);
    else if (row.ignored !== true) {
      warnings.push({ key: `ignored:${row.name}`, message: `option ${given} has no effect: ${row.ignored}` });
    }
  }
  return layer;
}

/** @throws ConfigurationError or TypeError where nothing of the value can be used */
function salvaged(given: string, row: OptionRow, value: unknown, warnings: OptionWarning[]): unknown {
  const { type } = row;
  const reason = type.formerly?.(value) ?? `must be ${type.expected}, not ${shown(row, value)}`;
  const message = `option ${given} ${reason}`;
  const rest = type.salvage?.(value);
  if (rest === undefined) throw row.isArgument ? new TypeError(message) : new ConfigurationError(message);
  warnings.push({ key: `invalid:${row.name}`, message: `${message}; what is not is ignored` });
  return rest;
}

function unknownOption(given: string): ConfigurationError {
  const nearest = nearestOption(given);
  return new ConfigurationError(`unknown option ${given}${nearest === undefined ? '' : `; did you mean ${nearest}?`}`);
}

const WITHOUT_PRIMARY = ['readPreferenceTags', 'maxStalenessSeconds', 'hedge'];

/** One layer over another: the upper one wins, name by name, and over what the name excludes. */
export function overlay(lower: ReadonlyMap<string, unknown>, upper: ReadonlyMap<string, unknown>): OptionLayer {
  const merged = new Map(lower);
  // A client that asks for the primary means to undo a URI's preference, with the tags that would contradict it.
  if (upper.get('readPreference') === 'primary') for (const name of WITHOUT_PRIMARY) merged.delete(name);
  for (const [first, second] of EXCLUSIVE) {
    // What the upper layer itself contradicts stays, and is found.
    if (upper.has(first)) merged.delete(second);
    if (upper.has(second)) merged.delete(first);
  }
  for (const [name, value] of upper) merged.set(name, value);
  return merged;
}
