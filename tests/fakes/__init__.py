"""Handwritten stand-ins for the ports, in memory."""
