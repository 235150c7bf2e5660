"""Estimators, one for each module: pure, exact where that is possible, NaN where undefined."""
