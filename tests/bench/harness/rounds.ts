/**
 * Turn by turn: subjects and peers in the same run.
 *
 * Owns the order. A machine whose speed changes from second to second changes it for all of a round alike, so only what
 * stands in the same round is compared; the first of a round is another one each time.
 */

/**
 * Runs every subject once per round, after one round that warms up and counts for nothing.
 *
 * @param before How many rounds there have been, where others go on from there.
 */
export async function alternate<Name extends string, Sample>(
  rounds: number,
  subjects: ReadonlyMap<Name, () => Promise<Sample>>,
  before = 0,
): Promise<ReadonlyMap<Name, readonly Sample[]>> {
  const samples = new Map<Name, Sample[]>([...subjects.keys()].map((name) => [name, []]));
  const turns = [...subjects];
  for (let round = -1; round < rounds; round += 1) {
    const first = (before + round + turns.length) % turns.length;
    for (const [name, take] of [...turns.slice(first), ...turns.slice(0, first)]) {
      const sample = await take();
      if (round >= 0) samples.get(name)?.push(sample);
    }
  }
  return samples;
}

/** The samples of a subject that took its turns. */
export function samplesOf<Name extends string, Sample>(
  samples: ReadonlyMap<Name, readonly Sample[]>,
  name: Name,
): readonly Sample[] {
  const found = samples.get(name);
  if (found === undefined) throw new RangeError(`Cannot find the samples of "${name}"`);
  return found;
}
