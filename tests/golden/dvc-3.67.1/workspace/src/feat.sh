#!/bin/sh
mkdir -p feat; cat data/raw/[ot]* > feat/all; cp data/x.csv feat/x.csv
