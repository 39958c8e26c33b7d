// Which day it is, and the words of the greeting.
const DAY_MS = 86_400_000

export const today = () => new Date().toISOString().slice(0, 10)

export function message (name, born) {
  const days = daysUntilBirthday(born, today())
  return `Hello, ${name}! ` + (days ? `Your birthday is in ${days} day(s)` : 'Happy birthday!')
}

function daysUntilBirthday (born, now) {
  const [year, from] = [Number(now.slice(0, 4)), Date.parse(now)]
  const thisYear = celebration(born, year)
  const next = thisYear >= from ? thisYear : celebration(born, year + 1)
  return (next - from) / DAY_MS
}

// Date.UTC makes 29 February of a common year into 1 March.
function celebration (born, year) {
  return Date.UTC(year, Number(born.slice(5, 7)) - 1, Number(born.slice(8, 10)))
}
