package main

import (
	"fmt"
	"time"
)

const (
	nameLimit = 100
	leapDay   = 229
)

func isName(text string) bool {
	for i := range len(text) {
		if letter := text[i] | 0x20; letter < 'a' || letter > 'z' {
			return false
		}
	}
	return text != "" && len(text) <= nameLimit
}

func today() time.Time {
	return time.Now().UTC().Truncate(24 * time.Hour)
}

func message(name string, born, now time.Time) string {
	days := daysUntilBirthday(born, now)
	if days == 0 {
		return "Hello, " + name + "! Happy birthday!"
	}
	return fmt.Sprintf("Hello, %s! Your birthday is in %d day(s)", name, days)
}

// time.Date makes 29 February of a common year into 1 March.
func daysUntilBirthday(born, now time.Time) int {
	next := time.Date(now.Year(), born.Month(), born.Day(), 0, 0, 0, 0, time.UTC)
	if next.Before(now) {
		next = time.Date(now.Year()+1, born.Month(), born.Day(), 0, 0, 0, 0, time.UTC)
	}
	return int(next.Sub(now).Hours()) / 24
}

// celebrated returns the days of birth, as month and day in one number, that are celebrated on this day.
func celebrated(day time.Time) []int16 {
	own := int16(int(day.Month())*100 + day.Day())
	if own == 301 && day.AddDate(0, 0, -1).Day() == 28 {
		return []int16{own, leapDay}
	}
	return []int16{own}
}

// listedDays returns the days of birth that are celebrated today in some time zone.
func listedDays(day time.Time) []int16 {
	var listed []int16
	for offset := -1; offset <= 1; offset++ {
		listed = append(listed, celebrated(day.AddDate(0, 0, offset))...)
	}
	return listed
}
