/**
 * Draws the app's icons from `islands/public/icon.svg`, for devices that install it and take no SVG. Run it after a change
 * of the drawing: `node scripts/icons.mjs`.
 */
import { readFileSync } from "node:fs";
import { launchChromium } from "../tests/support/chromium.ts";
import { root } from "./engines.mjs";

const folder = `${root}islands/public`;
const drawing = readFileSync(`${folder}/icon.svg`, "utf8");
const night = "#2b2a4c";

const icons = [
  { name: "icon-192", pixels: 192 },
  { name: "icon-512", pixels: 512 },
  // Cut to whatever shape the device likes: the drawing stays within the inner circle, the sky goes to the edge.
  { name: "icon-maskable-512", pixels: 512, background: night, scale: 0.72 },
  { name: "apple-touch-icon", pixels: 180, background: night, scale: 0.9 },
];

const browser = await launchChromium();
try {
  for (const { name, pixels, background = "transparent", scale = 1 } of icons) {
    const page = await browser.newPage({ viewport: { width: pixels, height: pixels } });
    const side = Math.round(pixels * scale);
    const style = `margin:0;height:100vh;display:grid;place-items:center;background:${background}`;
    const svg = drawing.replace("<svg", `<svg width="${side}" height="${side}"`);
    await page.setContent(`<body style="${style}">${svg}</body>`);
    await page.screenshot({ path: `${folder}/${name}.png`, omitBackground: true });
    await page.close();
  }
} finally {
  await browser.close();
}
