/** The memory store keeps the store contract. */
import { createMemoryStore } from "../../runtime/store/memory.ts";
import { storeSuite } from "./store-suite.ts";

storeSuite("the memory store", async () => createMemoryStore());
