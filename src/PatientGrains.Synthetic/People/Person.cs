namespace PatientGrains.Synthetic.People;

/// <summary>Who somebody is, as a registration desk would write it down. A source's view of the same person is another Person.</summary>
internal sealed record Person
{
    public required bool Female { get; init; }
    public required DateOnly BirthDate { get; init; }
    public required string Given { get; init; }
    public required string Middle { get; init; }
    public required string Family { get; init; }
    public required Address Home { get; init; }
    public required string Phone { get; init; }
    public required string? Email { get; init; }
    public required string RecordNumber { get; init; }
    public required string? SocialSecurityNumber { get; init; }
    public required Kin? NextOfKin { get; init; }

    public int AgeOn(DateOnly day)
    {
        var age = day.Year - BirthDate.Year;
        return BirthDate.AddYears(age) > day ? age - 1 : age;
    }
}

internal sealed record Address(string Line, string City, string State, string PostalCode);

internal sealed record Kin(string Given, string Family, string Phone);
