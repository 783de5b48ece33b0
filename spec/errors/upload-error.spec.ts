import { GridFSError } from '../../lib/errors/gridfs-errors.js';
import { UploadError, type UploadErrorCode } from '../../lib/errors/upload-error.js';

describe('UploadError', () => {
  it.each<[UploadErrorCode, number]>([
    ['UPLOAD_TOO_LARGE', 413],
    ['UPLOAD_INCOMPLETE', 400],
    ['UPLOAD_UNSUPPORTED', 415],
  ])('%s is answered with %i', (code, status) => {
    const error = new UploadError('no', { code });
    expect(error).toBeInstanceOf(GridFSError);
    expect(error).toMatchObject({
      name: 'UploadError',
      code,
      status,
      statusCode: status,
      headers: { connection: 'close' },
    });
  });

  it('carries what was allowed, announced and received', () => {
    const cause = new Error('below');
    const error = new UploadError('no', { code: 'UPLOAD_TOO_LARGE', maxBytes: 1, expected: 2, received: 3, cause });
    expect(error).toMatchObject({ maxBytes: 1, expected: 2, received: 3, cause });
  });
});
