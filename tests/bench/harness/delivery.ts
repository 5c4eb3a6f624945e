/**
 * What a crowd received, and what that cost whoever sent it.
 *
 * Owns one window: the crowd counts, the sender sends, and Linux tells the processor time of both. The crowd is the
 * program of that name.
 */
import * as z from "zod/mini";
import { Received } from "../programs/crowd.ts";
import type { ProgramChild } from "./child.ts";
import { countProcessorTime } from "./processor-time.ts";

/** Somebody whose deliveries are counted. */
export interface Sender {
  readonly pid: number;
  /** The crowd's name for the viewers. */
  readonly group: string;
  /** Sends what ends with the sign that the crowd waits for. */
  readonly send: () => Promise<unknown>;
}

/** A window's figures. */
export interface Delivery {
  /** Processor time of the sender's process per delivery, in microseconds. */
  readonly costUs: number;
  readonly deliveries: number;
  readonly frameBytes: number;
  /** Share of one core that the viewers' process was busy. */
  readonly crowdLoad: number;
  /** Empty unless they were wanted. */
  readonly agesUs: readonly number[];
}

/** Measures one window. */
export async function measureDelivery(
  crowd: ProgramChild,
  { pid, group, send }: Sender,
  wantsAges = false,
): Promise<Delivery> {
  const startedMs = performance.now();
  const [senderUs, crowdUs] = [countProcessorTime(pid), countProcessorTime(crowd.pid)];
  const { deliveries, bytes, agesUs } = await receive(crowd, { group, send }, wantsAges);
  const elapsedMs = performance.now() - startedMs;
  return {
    costUs: senderUs() / deliveries,
    deliveries,
    frameBytes: bytes / deliveries,
    crowdLoad: crowdUs() / 1_000 / elapsedMs,
    agesUs,
  };
}

/** Has something sent, and waits until all of the group have it. */
export async function receive(
  crowd: ProgramChild,
  { group, send }: Pick<Sender, "group" | "send">,
  wantsAges = false,
): Promise<Received> {
  await crowd.ask("arm", { group, wantsAges }, z.undefined());
  const [received] = await Promise.all([crowd.ask("finish", { group }, Received), send()]);
  return received;
}
