"""The viper row functions, and whole pictures of 16-bit pixels in inline assembler (thumb_rows)."""

from agent.vision import kernels_viper as viper
from agent.vision import thumb_rows

name = "thumb"

decode = viper.decode
resample = viper.resample
accumulate = viper.accumulate
divide = viper.divide
exchange = viper.exchange
clear = viper.clear
add = viper.add
start = viper.start
place = viper.place


def big(w, low, high, source, sums, plan):
    thumb_rows.columns(source, sums, plan, 1)


def little(w, low, high, source, sums, plan):
    thumb_rows.columns(source, sums, plan, 0)


def across(sums, r, g, b, out, plan):
    thumb_rows.across(sums, out, plan)
