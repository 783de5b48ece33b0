import * as errors from '../../lib/errors/gridfs-errors.js';
import { RotorError } from '../../lib/errors/rotor-error.js';

describe('errors of GridFS', () => {
  it.each([
    [errors.GridFSError, 'GridFSError', 'GRIDFS'],
    [errors.NoFileError, 'NoFileError', 'NO_FILE'],
    [errors.FileExistsError, 'FileExistsError', 'FILE_EXISTS'],
    [errors.CorruptGridFileError, 'CorruptGridFileError', 'CORRUPT_GRID_FILE'],
  ])('%p has a name and a code of its own', (Class, name, code) => {
    const cause = new Error('below');
    const error = new Class('no such file', { cause });
    expect(error).toMatchObject({ name, code, message: 'no such file', cause });
    expect(error).toBeInstanceOf(errors.GridFSError);
    expect(error).toBeInstanceOf(RotorError);
  });
});
