"""What a race is: meetings, races, entrants, laps. Imports no other app of ours."""
