Feature: Hello, birthday
  The text of the challenge, as examples.

  Scenario: A birthday in five days
    Given John's birthday is in 5 days
    When I say hello to John
    Then the answer is 200
    And the message is "Hello, John! Your birthday is in 5 day(s)"

  Scenario: A birthday today
    Given John's birthday is in 0 days
    When I say hello to John
    Then the answer is 200
    And the message is "Hello, John! Happy birthday!"

  Scenario: Saving somebody
    When I save John with the date of birth "1990-05-17"
    Then the answer is 204
    And there is no body

  Scenario: Saving somebody again
    Given John's birthday is in 5 days
    When I save John with the date of birth "1990-05-17"
    Then the answer is 204
    And there is no body

  Scenario Outline: What cannot be saved
    When I save <name> with the date of birth "<born>"
    Then the answer is 400

    Examples:
      | name  | born       |
      | J0hn  | 1990-05-17 |
      | Jo-hn | 1990-05-17 |
      | John  | 2990-05-17 |
      | John  | 1990-02-30 |
      | John  | yesterday  |
