// Prints the digest of a module's training: run.mjs FILE NAME
import { readFileSync } from "node:fs";

const [file, name] = process.argv.slice(2);
const { instance } = await WebAssembly.instantiate(readFileSync(file));
console.log(`${name} digest ${BigInt.asUintN(64, instance.exports[name]()).toString(16).padStart(16, "0")}`);
