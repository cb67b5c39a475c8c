/** Why an operator of integers has no formula. */
export const WITHOUT_FORMULA: { readonly [op: string]: string } = {
  ASSIGN_VARIABLE: 'it writes a variable: it has no output',
  CALL_ONCE: 'it runs a subgraph, once: it has no output',
  IF: 'it runs one of two subgraphs: no arithmetic of its own',
  READ_VARIABLE: 'its output is what was written to the variable: no arithmetic',
  SVDF: 'it keeps a state: its output depends on the runs before',
  UNIDIRECTIONAL_SEQUENCE_LSTM: 'a loop over time: each step depends on the one before',
  UNIQUE: 'how many values it has depends on the data: a loop, no formula',
  VAR_HANDLE: 'its output names a variable: no arithmetic',
  WHERE: 'how many values it has depends on the data: a loop, no formula',
  WHILE: 'it runs a subgraph as long as another says so: a loop, no formula',
};
