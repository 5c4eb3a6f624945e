/** Installing by apt what tests need and a machine lacks; where apt cannot do it, saying what to do by hand. */
import { spawnSync } from "node:child_process";
import { setTimeout } from "node:timers/promises";
import process from "node:process";

/**
 * Installs what is missing.
 *
 * @param listMissing Names the packages that are missing; asked again afterwards.
 * @param byHand What a person does instead.
 * @param refusal Says why apt would not help, if it would not.
 */
export async function installByApt({ listMissing, byHand, refusal = () => undefined }) {
  const missing = listMissing();
  if (missing.length === 0) return;
  console.log(`Installing ${missing.join(" and ")} for the tests …`);
  const reason = refusal() ?? (await install(missing));
  if (reason !== undefined) return fail(reason, byHand);
  const still = listMissing();
  if (still.length > 0) fail(`apt could not install ${still.join(" and ")}`, byHand);
}

/** Whether a program runs and ends well. */
function succeeds(program, args) {
  return spawnSync(program, args, { stdio: "ignore" }).status === 0;
}

async function install(packages) {
  if (!succeeds("apt-get", ["--version"])) return "this machine has no apt-get";
  const isRoot = process.getuid?.() === 0;
  if (!isRoot && !succeeds("sudo", ["-n", "true"])) return "apt-get needs root, and sudo asks for a password here";
  const apt = isRoot ? ["apt-get"] : ["sudo", "-n", "apt-get"];
  const wait = ["-o", "DPkg::Lock::Timeout=300", "-q"];
  await retry([...apt, ...wait, "update"]);
  await retry([...apt, ...wait, "install", "-y", "--no-install-recommends", ...packages]);
  return undefined;
}

/** Mirrors fail now and then for a moment: three tries. */
async function retry([program, ...args]) {
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  for (let attempt = 1; attempt <= 3; attempt += 1) {
    if (spawnSync(program, args, { env, stdio: ["ignore", "ignore", "inherit"] }).status === 0) return;
    if (attempt < 3) await setTimeout(attempt * 2_000);
  }
}

function fail(reason, byHand) {
  console.error(`Cannot prepare the tests: ${reason}.`);
  console.error(byHand);
  process.exit(1);
}
