/**
 * A block of tests that start servers of their own. Skipped where MONGODB_URI names one: there may be no program to
 * start, and the server that is named takes no orders.
 */
export function ownServers(title: string, define: () => void): void {
  if (process.env.MONGODB_URI) describe.skip(`${title} (starts servers of its own, and MONGODB_URI is set)`, define);
  else describe(title, define);
}
