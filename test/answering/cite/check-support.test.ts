import { describe, expect, it } from 'vitest';
import { checkSupport } from '../../../src/answering/cite/check-support.js';

const check = (text: string, ...evidence: string[]) =>
  checkSupport({ text, evidence, background: 'What are the rules? Expense policy' });

describe('the support check', () => {
  it.each([
    ['Meals are reimbursed up to 45 EUR per day.', 'Meals on travel days are reimbursed up to 45 EUR per day.'],
    ['The company made 1.2 million dollars in revenue.', 'Revenue of the company was $1,200,000.'],
    ['Revenue was 1.200,50 EUR.', 'Revenue: EUR 1,200.50'],
    ['The revenue rose by 5%.', 'Revenue rose by five percent.'],
    ['The period lasts 6 months.', 'The probation period lasts six months.'],
    ['It was signed on 3 March 2024 in Paris.', 'Signed in Paris on 2024-03-03.'],
    [
      'Employees may carry over up to five days of leave.',
      'Employees may not carry over more than five days of leave.',
    ],
    ['Taxi rides are not reimbursed before 22:00.', 'Taxi rides before 22:00 are not reimbursed.'],
    ['Maria Lopez approves exceptions.', 'Ask Maria Lopez, who approves exceptions.'],
    ['Smoking is prohibited in the offices.', 'It is not allowed to smoke in the offices; smoking is prohibited.'],
    ['Die Probezeit beträgt sechs Monate.', 'Die Probezeit der Mitarbeiter beträgt sechs Monate.'],
    [
      'Do not delete anything, not even the files: take the machine off the network and leave it switched on.',
      'Do not delete anything, not even the files: take\nthe machine off the network and leave it switched on.',
    ],
    ['员工每年有二十天年假。', '所有员工每年有二十天年假。'],
    ['According to the expense policy, receipts are required above 15 EUR.', 'Receipts are required above 15 EUR.'],
  ])('takes "%s" from "%s"', (claim, evidence) => {
    expect(check(claim, evidence)).toBe('supported');
  });

  it.each([
    ['a number', 'Meals are reimbursed up to 54 EUR per day.', 'Meals are reimbursed up to 45 EUR per day.'],
    ['a scale', 'Revenue was 1.2 billion dollars.', 'Revenue was 1.2 million dollars.'],
    ['a missing scale', 'Revenue was 1.2 dollars.', 'Revenue was 1.2 million dollars.'],
    ['a currency', 'Meals are reimbursed up to 45 USD per day.', 'Meals are reimbursed up to 45 EUR per day.'],
    ['a unit', 'The probation period lasts 6 weeks.', 'The probation period lasts 6 months.'],
    ['a percentage', 'The share rose by 12 percent.', 'The share rose by 12 points.'],
    ['a year', 'The contract was signed on 3 March 2025.', 'The contract was signed on 3 March 2024.'],
    ['a month', 'The contract was signed on 3 May 2024.', 'The contract was signed on 3 March 2024.'],
    ['a spelled number', 'The probation period lasts seven months.', 'The probation period lasts six months.'],
    ['a negation', 'Taxi rides are not reimbursed at night.', 'Taxi rides are reimbursed at night.'],
    ['a lost negation', 'Alcohol is reimbursed on business trips.', 'Alcohol is not reimbursed on business trips.'],
    ['a name', 'Exceptions are approved by John Smith.', 'Exceptions are approved by Maria Lopez.'],
    ['a name at the beginning', 'Bob approves all the travel expenses.', 'Alice approves all the travel expenses.'],
    ['an acronym', 'The NASA report covers the launch.', 'The ESA report covers the launch.'],
    ['a German negation', 'Die Reisekosten werden nicht erstattet.', 'Die Reisekosten werden erstattet.'],
    ['another topic', 'The cafeteria serves vegetarian lunches.', 'Receipts are required above 15 EUR.'],
  ])('catches %s', (_what, claim, evidence) => {
    expect(check(claim, evidence)).toBe('unsupported');
  });

  it('doubts a claim that shares half of its words', () => {
    expect(
      check(
        'The policy covers hotel breakfast, laundry and gym service.',
        'Hotel breakfast is covered. Minibar is excluded.',
      ),
    ).toBe('weak');
  });

  it('takes the numbers of all the evidence together', () => {
    expect(
      check(
        'Meals cost up to 45 EUR and receipts are needed above 15 EUR.',
        'Meals cost up to 45 EUR.',
        'Receipts are needed above 15 EUR.',
      ),
    ).toBe('supported');
  });

  it.each(['What else would you like to know?', 'Here is what the documents say:', '---', ''])(
    'finds no claim in "%s"',
    (text) => {
      expect(check(text, 'Anything.')).toBe('not-a-claim');
    },
  );

  it('supports nothing without evidence', () => {
    expect(check('Meals are reimbursed.')).toBe('unsupported');
  });

  it('stays fast on long hostile texts', () => {
    const start = performance.now();
    for (const unit of ['1.', "1'", 'a', 'A ', '1 000 ', 'not ', 'x. ', '١'])
      check(unit.repeat(5000), unit.repeat(5000));
    expect(performance.now() - start).toBeLessThan(6000);
  });
});
