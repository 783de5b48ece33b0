// The case `import`: what loading the package costs a fresh process.

import type { Job, Measurement } from './job.js';

/** The floor is what any driver has to load: the sockets, TLS, name resolution and crypto of Node.js itself. */
const BUILT_IN = ['node:net', 'node:tls', 'node:dns', 'node:crypto'];

export async function measureImport(job: Job): Promise<Measurement> {
  const modules = job.driver === 'floor' ? BUILT_IN : [job.driver === 'rotor' ? job.rotor : 'mongodb'];
  const rssBefore = process.memoryUsage.rss();
  const startedAt = performance.now();
  const before = process.cpuUsage();
  for (const name of modules) await import(name);
  const { user, system } = process.cpuUsage(before);
  const elapsedMS = performance.now() - startedAt;
  const rssGrowthKB = (process.memoryUsage.rss() - rssBefore) / 1024;
  return { cpuUS: user + system, elapsedMS, units: 1, p50MS: elapsedMS, p99MS: elapsedMS, rssGrowthKB };
}
