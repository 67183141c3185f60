'use strict';
const { Account, InsufficientFunds } = require('../src/account.js');

describe('Account', () => {
  let account;
  beforeEach(() => {
    account = new Account('ada', 1000);
  });

  test('starts with what it was given', () => {
    expect(account.cents).toBe(1000);
  });

  test.each([[1], [250], [99_999]])('a deposit of %i is added', (cents) => {
    account.deposit(cents);
    expect(account.cents).toBe(1000 + cents);
  });

  describe('withdraw', () => {
    test('takes the amount', () => {
      account.withdraw(400);
      expect(account.cents).toBe(600);
    });

    test('refuses more than there is', () => {
      expect(() => account.withdraw(1001)).toThrow(InsufficientFunds);
      expect(account.cents).toBe(1000);
    });
  });

  test.skip('earns interest', () => {});
  test.todo('can be closed');
});
