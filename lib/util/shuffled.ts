/**
 * A copy of a list in random order, each order as likely as any other (Fisher and Yates).
 *
 * @param random - a number from 0 up to but not including 1
 */
export function shuffled<Item>(list: readonly Item[], random: () => number = Math.random): Item[] {
  const copy = [...list];
  for (let last = copy.length - 1; last > 0; last--) {
    const at = Math.floor(random() * (last + 1));
    [copy[last], copy[at]] = [copy[at]!, copy[last]!];
  }
  return copy;
}
