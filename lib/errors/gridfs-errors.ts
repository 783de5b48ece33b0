import { RotorError } from './rotor-error.js';

/** The base of what can be wrong with a stored file. */
export class GridFSError extends RotorError {
  override readonly name: string = 'GridFSError';
  override readonly code: number | string = 'GRIDFS';
}

/** There is no stored file with this id, or no such revision of this name. */
export class NoFileError extends GridFSError {
  override readonly name: string = 'NoFileError';
  override readonly code: number | string = 'NO_FILE';
}

/** There is a stored file with this id already. */
export class FileExistsError extends GridFSError {
  override readonly name: string = 'FileExistsError';
  override readonly code: number | string = 'FILE_EXISTS';
}

/**
 * A stored file's document and its chunks do not fit together: a chunk is missing, too many or of the wrong size, or the
 * document has no sensible length. Also where a file was deleted while it was read.
 */
export class CorruptGridFileError extends GridFSError {
  override readonly name: string = 'CorruptGridFileError';
  override readonly code: number | string = 'CORRUPT_GRID_FILE';
}
