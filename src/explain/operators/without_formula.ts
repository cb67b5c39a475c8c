/** Why an operator has no formula; of operators that are of integers and float32, see explainPrepared. */
export const WITHOUT_FORMULA: { readonly [op: string]: string } = {
  ASSIGN_VARIABLE: 'it writes a variable: it has no output',
  CALL_ONCE: 'it runs a subgraph, once: it has no output',
  CEIL: 'it computes in float32: the next whole number from the value on',
  FLOOR: 'it computes in float32: the next whole number up to the value',
  IF: 'it runs one of two subgraphs: no arithmetic of its own',
  L2_POOL_2D: 'it adds up squares in float32, where the order counts',
  LOCAL_RESPONSE_NORMALIZATION: 'it adds up squares in float32, where the order counts',
  POW: 'it computes in float32: the power of the C library, or repeated products',
  READ_VARIABLE: 'its output is what was written to the variable: no arithmetic',
  ROUND: 'it computes in float32: the nearest whole number, halves to even',
  SVDF: 'it keeps a state: its output depends on the runs before',
  UNIDIRECTIONAL_SEQUENCE_LSTM: 'a loop over time: each step depends on the one before',
  UNIQUE: 'how many values it has depends on the data: a loop, no formula',
  VAR_HANDLE: 'its output names a variable: no arithmetic',
  WHERE: 'how many values it has depends on the data: a loop, no formula',
  WHILE: 'it runs a subgraph as long as another says so: a loop, no formula',
};
