import type { Document } from '../bson/codec.js';
import type { Command, CommandInput } from './command.js';
import {
  anything,
  boolean,
  common,
  copyOptions,
  count,
  document,
  elsewhere,
  type Fields,
  list,
  text,
} from './fields.js';

const FIELDS: Fields = {
  ...common,
  capped: boolean,
  size: count,
  max: count,
  autoIndexId: boolean,
  flags: count,
  storageEngine: document,
  validator: document,
  validationLevel: text,
  validationAction: text,
  indexOptionDefaults: document,
  viewOn: text,
  pipeline: list,
  collation: document,
  timeseries: document,
  expireAfterSeconds: count,
  clusteredIndex: document,
  changeStreamPreAndPostImages: document,
  encryptedFields: document,
  rawData: boolean,
  temp: boolean,
  checkExists: elsewhere,
  strict: elsewhere,
  pkFactory: elsewhere,
  idIndex: anything,
};

/** Makes a collection, a view or a time series. */
export const create: Command<CommandInput, Document> = Object.freeze({
  name: 'create',
  kind: 'write',
  build: ({ options }, scope): Document => copyOptions({ create: scope.collection }, options, FIELDS, 'create'),
  parse: (reply) => reply.document(),
} satisfies Command<CommandInput, Document>);
