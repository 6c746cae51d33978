"""The viper row functions, and whole pictures of 16-bit pixels in machine code of the host's."""

from agent.vision import kernels_viper as viper
from agent.vision import mac16_rows

name = "mac16"

decode = viper.decode
resample = viper.resample
accumulate = viper.accumulate
divide = viper.divide
exchange = viper.exchange
clear = viper.clear
add = viper.add
start = viper.start
place = viper.place
big = mac16_rows.big
little = mac16_rows.little
across = mac16_rows.across
