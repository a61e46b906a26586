using System.Globalization;
using PatientGrains.Synthetic.Chance;
using PatientGrains.Synthetic.People;

namespace PatientGrains.Synthetic.Sources;

/// <summary>Registers a person a second time, with the mistakes of registration desks, and says which were made.</summary>
internal sealed class Registration(Rng rng, Person truth, SyntheticOptions options)
{
    public List<(DifferenceKind Kind, string Element)> Mistakes { get; } = [];

    /// <summary>Another hospital's desk: typos, short names, transposed dates, old addresses.</summary>
    public Person AtAnotherHospital(string recordNumber)
    {
        var person = truth with { RecordNumber = recordNumber };
        if (rng.Chance(0.25))
            person = Made(person with { Family = Typo(truth.Family) }, DifferenceKind.NameTypo, "Patient.name.family");
        if (rng.Chance(0.4) && Names.ShortForm(truth.Given) is { } shortForm)
            person = Made(person with { Given = shortForm }, DifferenceKind.Nickname, "Patient.name.given");
        if (rng.Chance(0.15) && Transposed(truth.BirthDate) is { } birthDate)
            person = Made(person with { BirthDate = birthDate }, DifferenceKind.TransposedBirthDate, "Patient.birthDate");
        if (rng.Chance(0.35))
            person = Moved(person);
        if (rng.Chance(0.3) && truth.SocialSecurityNumber is not null)
            person = Made(person with { SocialSecurityNumber = null }, DifferenceKind.MissingDemographics, "Patient.identifier");
        if (rng.Chance(0.3) && truth.Email is not null)
            person = Made(person with { Email = null }, DifferenceKind.MissingDemographics, "Patient.telecom");
        return person;
    }

    /// <summary>A laboratory's requisition: capitals, and nothing that a tube does not need.</summary>
    public Person AtTheLaboratory(string recordNumber)
    {
        var person = truth with
        {
            RecordNumber = recordNumber,
            Family = truth.Family.ToUpperInvariant(),
            Given = truth.Given.ToUpperInvariant(),
            Middle = truth.Middle[..1],
        };
        person = Made(person, DifferenceKind.Capitals, "Patient.name.family");
        if (truth.SocialSecurityNumber is not null)
            person = Made(person with { SocialSecurityNumber = null }, DifferenceKind.MissingDemographics, "Patient.identifier");
        if (truth.Email is not null)
            person = Made(person with { Email = null }, DifferenceKind.MissingDemographics, "Patient.telecom");
        return Made(person with { NextOfKin = null }, DifferenceKind.MissingDemographics, "Patient.contact");
    }

    private Person Moved(Person person)
    {
        var home = Demography.Home(rng, rng.Chance(0.2));
        return home == person.Home ? person : Made(person with { Home = home }, DifferenceKind.MovedAddress, "Patient.address");
    }

    private Person Made(Person person, DifferenceKind kind, string element)
    {
        Mistakes.Add((kind, element));
        return person;
    }

    /// <summary>One slip of the fingers behind the first letter; always another string.</summary>
    private string Typo(string name)
    {
        var at = rng.Between(1, name.Length - 2);
        var swapped = name[..at] + name[at + 1] + name[at] + name[(at + 2)..];
        return rng.Below(3) switch
        {
            0 when swapped != name => swapped,
            1 => name[..at] + name[(at + 1)..],
            _ => name[..at] + name[at] + name[at..],
        };
    }

    /// <summary>
    /// Month and day exchanged, else the day's digits, else the last digits of the year; null where no other past date comes of it.
    /// </summary>
    private DateOnly? Transposed(DateOnly date)
    {
        foreach (var (year, month, day) in (ReadOnlySpan<(int, int, int)>)
                 [
                     (date.Year, date.Day, date.Month),
                     (date.Year, date.Month, date.Day % 10 * 10 + date.Day / 10),
                     (date.Year - date.Year % 100 + date.Year % 10 * 10 + date.Year % 100 / 10, date.Month, date.Day),
                 ])
        {
            var text = string.Create(CultureInfo.InvariantCulture, $"{year:0000}-{month:00}-{day:00}");
            if (DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var other)
                && other != date && other < options.ReferenceDate)
                return other;
        }
        return null;
    }
}
