import type { Document } from './document.js';
import type { AggregateOptions } from './read-options.js';

/** A search index to make. */
export interface SearchIndexDescription {
  /** Default: `default`. */
  name?: string;
  definition: Document;
  /** `search` (the server's default) or `vectorSearch`. */
  type?: 'search' | 'vectorSearch' | (string & {});
}

/** Options of `listSearchIndexes`. */
export type ListSearchIndexesOptions = AggregateOptions;
