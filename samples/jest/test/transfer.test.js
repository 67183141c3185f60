'use strict';
const { Account } = require('../src/account.js');

test('a transfer moves the amount', async () => {
  const from = new Account('ada', 500);
  const to = new Account('bob');
  await from.transfer(to, 200);
  expect([from.cents, to.cents]).toEqual([300, 200]);
});

test('a failed transfer changes nothing', async () => {
  const from = new Account('ada', 100);
  const to = new Account('bob');
  await expect(from.transfer(to, 200)).rejects.toThrow('only 100 cents');
  expect(to.cents).toBe(0);
});

test('the statement lists the entries', async () => {
  const account = new Account('ada', 500);
  account.deposit(50);
  account.withdraw(25);
  expect(account.statement()).toBe('deposit 0.50\nwithdrawal 0.25');
});
