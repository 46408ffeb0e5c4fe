"""Percorsi: how people with severe mental disorders are cared for, measured on the national flows."""
