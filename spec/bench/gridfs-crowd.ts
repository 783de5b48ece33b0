// A hundred downloads at a time on a pool of ten, and a few findOnes beside them: how long do these wait?

import { DATABASE, ONE } from './documents.js';
import type { Client } from './driver-operations.js';
import { MB, openBucket, uploadFile } from './gridfs-operations.js';
import type { Job, Measurement } from './job.js';
import { lanes, measureLoad } from './measure.js';

const DOWNLOADS = 100;
const FILE_MB = 8;

export interface Crowd {
  /** The latencies are those of findOne, and the units the megabytes that were downloaded meanwhile. */
  measure(durationMS: number): Promise<Measurement>;
  /** Resolves when the last download has ended. */
  stop(): Promise<void>;
}

/** Starts the downloads, which go on and on. */
export async function gatherCrowd(client: Client, job: Job): Promise<Crowd> {
  const bucket = await openBucket(client, job);
  const one = client.db(DATABASE).collection(ONE);
  const id = await uploadFile(bucket, FILE_MB);
  let bytes = 0;
  let isOver = false;
  const download = async (): Promise<void> => {
    while (!isOver) for await (const piece of bucket.openDownloadStream(id)) bytes += piece.length;
  };
  const crowd = Promise.all(Array.from({ length: DOWNLOADS }, download));
  // What breaks a download is told at the end.
  crowd.catch(() => {});
  return {
    measure: async (durationMS) => {
      const before = bytes;
      const measured = await measureLoad(
        lanes(() => one.findOne({ _id: 1 }), job.inFlight),
        durationMS,
      );
      return { ...measured, units: (bytes - before) / MB };
    },
    stop: async () => {
      isOver = true;
      await crowd;
      await bucket.delete(id);
    },
  };
}
