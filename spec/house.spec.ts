/** The rules of the house, as far as a machine can hold them. CONTRIBUTING.md says why they are there. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { parseSync, transformSync } from '@swc/core';

const ROOT = resolve(__dirname, '..');
const LIB = join(ROOT, 'lib');

/** From the façade down to the ground. A room imports from those below it; rooms of one row do not know each other. */
const ROWS = [
  ['index'],
  ['gridfs', 'legacy'],
  ['api'],
  ['bulk'],
  ['cursor'],
  ['core'],
  ['commands', 'session', 'topology'],
  ['pool'],
  ['net'],
  ['auth', 'wire'],
  ['options'],
  ['events'],
  ['bson'],
  ['util'],
  ['errors'],
];

/** Each package is imported in one file. */
const DOORS: Record<string, string> = {
  '@mongodb-js/saslprep': 'auth/saslprep.ts',
  bson: 'bson/values.ts',
  'p-queue': 'util/limited-queue.ts',
  eventemitter3: 'events/emitter.ts',
  'content-disposition': 'gridfs/http-content-disposition.ts',
  mime: 'gridfs/http-content-type.ts',
};

const MAX_FILE_LINES = 400;
const MAX_FUNCTION_LINES = 60;

/** The way of `collection.findOne`, from the façade to the framer. */
const WAY = [
  'api/collection-reads.ts',
  'api/call.ts',
  'core/io-core.ts',
  'core/run.ts',
  'topology/topology.ts',
  'pool/connection-pool.ts',
  'wire/op-msg.ts',
  'net/connection.ts',
  'wire/framer.ts',
];
const MAX_WAY_LINES = 1800;

/** The classes and values of the package. Types come with them. */
const PUBLIC_NAMES = [
  'AsyncChangeStream',
  'AsyncClient',
  'AsyncCollection',
  'AsyncCommandCursor',
  'AsyncCursor',
  'AsyncDatabase',
  'AsyncGridFS',
  'AsyncGridFSBucket',
  'AsyncGridIn',
  'AsyncGridOut',
  'AsyncReplicaSetClient',
  'AuthenticationError',
  'AutoReconnectError',
  'BSONRegExp',
  'BSONSymbol',
  'Binary',
  'BulkWriteError',
  'ClientBulkWriteError',
  'ChangeListener',
  'ChangeStream',
  'ClientSession',
  'Code',
  'ClusterChangeStream',
  'CollectionChangeStream',
  'CollectionInvalidError',
  'ConfigurationError',
  'ConnectionFailureError',
  'CorruptGridFileError',
  'DBRef',
  'DatabaseChangeStream',
  'Decimal128',
  'Double',
  'DuplicateKeyError',
  'EJSON',
  'FileExistsError',
  'GridFSBucket',
  'GridFSDownloadStream',
  'GridFSError',
  'GridFSHandler',
  'GridFSUploadStream',
  'Int32',
  'InvalidDocumentError',
  'InvalidNameError',
  'InvalidOperationError',
  'InvalidURIError',
  'ListenerOverflowError',
  'Long',
  'MECHANISMS',
  'MaxKey',
  'MinKey',
  'NetworkTimeoutError',
  'NoFileError',
  'NotImplementedInRotorError',
  'ObjectId',
  'OperationFailureError',
  'OperationTimeoutError',
  'PoolClearedError',
  'PoolQueueFullError',
  'PoolTimeoutError',
  'ProtocolError',
  'ReadConcern',
  'ReadPreference',
  'RemovedCommandError',
  'ResultTooLargeError',
  'RotorError',
  'ServerSelectionTimeoutError',
  'SessionOptions',
  'SharedChangeStream',
  'Timestamp',
  'TransactionContext',
  'TransactionOptions',
  'UUID',
  'UploadError',
  'WTimeoutError',
  'WriteConcern',
  'timeout',
  'version',
];

interface Source {
  /** Path below `lib`, with slashes. */
  readonly path: string;
  readonly room: string;
  readonly text: string;
  readonly imports: readonly { readonly from: string; readonly typeOnly: boolean }[];
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .map((path) => join(folder, path));
}

const IMPORT = /^(?:import|export)\s+(type\s)?(?:[^'";]*?\sfrom\s+)?'([^']+)';/gm;

function readSource(file: string): Source {
  const path = relative(LIB, file).replaceAll('\\', '/');
  const text = readFileSync(file, 'utf8');
  const imports = [...text.matchAll(IMPORT)].map(([, type, from]) => ({ from: from!, typeOnly: type !== undefined }));
  return { path, room: path.includes('/') ? dirname(path) : 'index', text, imports };
}

const sources = filesBelow(LIB).map(readSource);
const byPath = new Map(sources.map((source) => [source.path, source]));

function target(source: Source, from: string): string | undefined {
  if (!from.startsWith('.')) return undefined;
  return relative(LIB, resolve(LIB, dirname(source.path), from.replace(/\.js$/, '.ts'))).replaceAll('\\', '/');
}

function rowOf(room: string): number {
  return ROWS.findIndex((row) => row.includes(room));
}

function lineCount(text: string): number {
  return text.trimEnd().split('\n').length;
}

describe('rooms', () => {
  it('are the ones of the plan', () => {
    expect(sources.filter(({ room }) => rowOf(room) < 0).map(({ path }) => path)).toEqual([]);
  });

  it('import downward only, types too', () => {
    const upward = sources.flatMap((source) =>
      source.imports.flatMap(({ from }) => {
        const file = target(source, from);
        const other = file === undefined ? undefined : (byPath.get(file)?.room ?? 'nowhere');
        if (other === undefined || other === source.room) return [];
        return rowOf(other) > rowOf(source.room) ? [] : [`${source.path} -> ${from}`];
      }),
    );
    expect(upward).toEqual([]);
  });

  it('have no cycles within; only types of the façade know each other both ways', () => {
    const cycles: string[] = [];
    const done = new Set<string>();
    const visit = (path: string, way: readonly string[]): void => {
      if (way.includes(path)) cycles.push([...way.slice(way.indexOf(path)), path].join(' -> '));
      if (way.includes(path) || done.has(path)) return;
      const source = byPath.get(path)!;
      for (const { from, typeOnly } of source.imports) {
        const file = target(source, from);
        // A collection has its database's type and a database its collections': nothing of it is there at run time.
        if (file !== undefined && byPath.has(file) && !(typeOnly && source.room === 'api')) visit(file, [...way, path]);
      }
      done.add(path);
    };
    for (const { path } of sources) visit(path, []);
    expect(cycles).toEqual([]);
  });
});

describe('packages', () => {
  it('have one door each', () => {
    const used = sources.flatMap(({ path, imports }) =>
      imports.filter(({ from }) => !/^(\.|node:)/.test(from)).map(({ from }) => [from, path] as const),
    );
    expect(used.filter(([name, path]) => DOORS[name] !== path)).toEqual([]);
  });

  it('know their version', () => {
    const [, version] = /driverVersion = '([^']+)'/.exec(byPath.get('net/client-metadata.ts')!.text)!;
    const packageJson = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
    expect(version).toBe(packageJson.version);
  });
});

describe('files', () => {
  it(`have at most ${MAX_FILE_LINES} lines`, () => {
    const long = [...filesBelow(LIB), ...filesBelow(join(ROOT, 'spec')), ...filesBelow(join(ROOT, 'examples'))]
      .map((file) => [relative(ROOT, file), lineCount(readFileSync(file, 'utf8'))] as const)
      .filter(([, lines]) => lines > MAX_FILE_LINES);
    expect(long).toEqual([]);
  });

  it('have names that say what is in them', () => {
    const vague = sources.filter(({ path }) => /(^|[/-])(utils|common|helpers?|manager|misc)([-.]|$)/.test(path));
    const oddlyWritten = sources.filter(({ path }) => !/^([a-z0-9]+\/)?[a-z0-9-]+\.ts$/.test(path));
    expect([...vague, ...oddlyWritten].map(({ path }) => path)).toEqual([]);
  });

  it('have a twin each, unless they hold types alone', () => {
    const alone = sources.filter(({ path }) => path !== 'index.ts' && !existsSync(twinOf(path)));
    expect(alone.filter(({ text }) => hasCode(text)).map(({ path }) => path)).toEqual([]);
  });

  it('are not left over: a twin has its file', () => {
    const rooms = new Set(ROWS.flat());
    const twins = filesBelow(join(ROOT, 'spec')).map((file) =>
      relative(join(ROOT, 'spec'), file).replaceAll('\\', '/'),
    );
    const orphans = twins.filter((path) => rooms.has(dirname(path)) && path.endsWith('.spec.ts'));
    expect(orphans.filter((path) => !byPath.has(path.replace(/\.spec\.ts$/, '.ts')))).toEqual([]);
  });
});

describe('functions', () => {
  it(`have at most ${MAX_FUNCTION_LINES} lines`, () => {
    const long = sources.flatMap(({ path, text }) =>
      functionsOf(text)
        .filter(({ lines }) => lines > MAX_FUNCTION_LINES)
        .map(({ name, lines }) => `${path} ${name}: ${lines}`),
    );
    expect(long).toEqual([]);
  });
});

describe('the public door', () => {
  it('opens on these names and no others', () => {
    const names = sources.find(({ path }) => path === 'index.ts')!.text.matchAll(/^export (?:\{([^}]*)\}|type \*)/gm);
    const values = [...names].flatMap(([, list]) => (list ?? '').split(',')).map((name) => name.trim());
    const exported = values
      .filter((name) => name !== '' && !name.startsWith('type '))
      .map((name) => name.replace(/^.* as /, ''));
    expect(exported.toSorted()).toEqual(PUBLIC_NAMES.toSorted());
  });
});

describe('the way of an operation', () => {
  it(`is at most ${WAY.length} files and ${MAX_WAY_LINES} lines`, () => {
    const lines = WAY.map((path) => lineCount(byPath.get(path)!.text));
    expect(lines.reduce((sum, count) => sum + count, 0)).toBeLessThanOrEqual(MAX_WAY_LINES);
  });
});

function twinOf(path: string): string {
  return join(ROOT, 'spec', path.replace(/\.ts$/, '.spec.ts'));
}

/** Whether anything is left of a file without its types. */
function hasCode(text: string): boolean {
  const { code } = transformSync(text, { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' } });
  return code.replace(/\/\*[\s\S]*?\*\/|\/\/.*|export\s*\{\s*\};?/g, '').trim() !== '';
}

const FUNCTIONS = new Set([
  'FunctionDeclaration',
  'FunctionExpression',
  'ArrowFunctionExpression',
  'ClassMethod',
  'PrivateMethod',
  'Constructor',
  'MethodProperty',
]);

/** Every function of a source with its length. Byte offsets of the parser count on from one call to the next. */
function functionsOf(text: string): { name: string; lines: number }[] {
  const module = parseSync(text, { syntax: 'typescript', target: 'es2022' });
  const bytes = Buffer.from(text);
  const leading = Buffer.byteLength(text) - Buffer.byteLength(text.trimStart());
  const base = module.span.start - firstTokenOffset(bytes, leading);
  const found: { name: string; lines: number }[] = [];
  const visit = (node: any): void => {
    if (typeof node !== 'object' || node === null) return;
    if (FUNCTIONS.has(node.type)) {
      const span = node.span ?? node.function?.span;
      const slice = bytes.subarray(span.start - base, span.end - base).toString();
      found.push({ name: slice.slice(0, 40).split('\n')[0]!, lines: slice.split('\n').length });
    }
    for (const value of Object.values(node)) visit(value);
  };
  visit(module.body);
  return found;
}

/** Where the module's span begins: at its first token, behind comments. */
function firstTokenOffset(bytes: Buffer, at: number): number {
  const rest = bytes.subarray(at).toString();
  const [comments] = /^(?:\s|\/\*[\s\S]*?\*\/|\/\/[^\n]*\n)*/.exec(rest)!;
  return at + Buffer.byteLength(comments);
}
