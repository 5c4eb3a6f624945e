/** A viewer that never reads costs nobody anything. */
import { expect, test } from "vitest";
import { measureStalledViewer, renderStalledViewer } from "./memory.ts";

const EVENTS = 100_000;
/** What a collection leaves more or less of, however long it goes on. */
const HEAP_GROWTH_BYTES = 8 * 2 ** 20;
const DEADLINE_MS = 5 * 60_000;

test(
  `A viewer that reads nothing for ${EVENTS} events leaves the server's memory flat while another reads it all`,
  async () => {
    const measured = await measureStalledViewer(EVENTS);
    console.log(renderStalledViewer(measured));
    expect(measured.events).toBeGreaterThanOrEqual(EVENTS);
    const used = measured.memory.map(({ heapUsed, external }) => heapUsed + external);
    const [, half = Number.NaN, end = Number.NaN] = used;
    expect(end - half).toBeLessThan(HEAP_GROWTH_BYTES);
  },
  DEADLINE_MS,
);
