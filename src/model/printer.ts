/** A table as indented text: one line a field, what hangs below it indented, what is absent left out. */
import { type Field, layouts, type Table, type TableName, unionMembers, type Vector } from './schema.ts';

/** Longer vectors are cut to this many values, followed by their length. */
const MAX_VALUES = 16;

/** Prints a table and all tables below it. Text is quoted and escaped, names of enums are bare. */
export function printTable<N extends TableName = 'Model'>(table: Table<N>, name?: N): string {
  return printFields(table, name ?? 'Model').join('\n');
}

function printFields(table: object, name: TableName): string[] {
  const values = table as Record<string, unknown>;
  return layouts[name].flatMap((field) => printField(field, values[field.name], values[`${field.name}Type`]));
}

function printField(field: Field, value: unknown, unionType: unknown): string[] {
  const { name, kind } = field;
  if (kind === 'union') {
    if (unionType === undefined || unionType === 'NONE') return [];
    const member = unionMembers[field.union].find((table) => table === unionType);
    return [`${name}: ${unionType}`, ...(member && value ? indent(printFields(value, member)) : [])];
  }
  if (value === undefined) return [];
  if (kind === 'table') return [`${name}:`, ...indent(printFields(value as object, field.table))];
  if (kind === 'vectorOfTables') {
    const tables = value as readonly object[];
    const lines = tables.flatMap((table, i) => [`[${i}]`, ...indent(printFields(table, field.table))]);
    return [`${name}: ${tables.length}`, ...indent(lines)];
  }
  if (kind === 'vector') return [`${name}: ${printVector(value as Vector)}`];
  return [`${name}: ${kind === 'string' ? quote(String(value)) : value}`];
}

const indent = (lines: string[]) => lines.map((line) => `  ${line}`);

function printVector(vector: Vector): string {
  const values = vector.subarray(0, MAX_VALUES).join(', ');
  return vector.length > MAX_VALUES ? `[${values}, … ${vector.length} in all]` : `[${values}]`;
}

/** As JSON, and without characters that steer a terminal or reverse the reading order. */
const quote = (text: string) =>
  JSON.stringify(text).replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, (c) => `\\u{${c.codePointAt(0)!.toString(16)}}`);
