/** By how much a server's heap may have grown from the first tenth of an attack to its end. */
export const HEAP_FACTOR = 1.5;
