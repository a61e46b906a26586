using System.Globalization;
using PatientGrains.Synthetic.Chance;

namespace PatientGrains.Synthetic.People;

/// <summary>
/// Draws who somebody is. Sex and age follow the 2020 Census (Demographic and Housing Characteristics): 50.9 % female; 22.1 % under 18,
/// 16.8 % 65 and over, so 61.1 % between; the split of those at 45 (36 to 25.1) and the shapes within the bands are chosen to be plausible.
/// </summary>
internal static class Demography
{
    public const double FemaleShare = 0.509;
    public const double Under18Share = 0.221;
    public const double From18To44Share = 0.360;
    public const double From45To64Share = 0.251;

    /// <summary>Places by name, state and the first three digits of a postal code in use there; the choice is ours.</summary>
    private static readonly (string City, string State, string Zip3)[] Cities =
    [
        ("Boston", "MA", "021"), ("Worcester", "MA", "016"), ("Providence", "RI", "029"), ("Hartford", "CT", "061"),
        ("Albany", "NY", "122"), ("Rochester", "NY", "146"), ("Newark", "NJ", "071"), ("Pittsburgh", "PA", "152"),
        ("Baltimore", "MD", "212"), ("Richmond", "VA", "232"), ("Raleigh", "NC", "276"), ("Columbia", "SC", "292"),
        ("Atlanta", "GA", "303"), ("Tampa", "FL", "336"), ("Orlando", "FL", "328"), ("Columbus", "OH", "432"),
        ("Cleveland", "OH", "441"), ("Detroit", "MI", "482"), ("Indianapolis", "IN", "462"),
    ];

    private static readonly string[] Streets =
    [
        "Main Street", "Oak Street", "Maple Avenue", "Cedar Lane", "Park Avenue", "Washington Street", "Lake Drive", "Hill Road",
        "Elm Street", "Pine Street", "River Road", "Church Street", "Highland Avenue", "Spring Street", "Sunset Drive", "Willow Court",
        "Meadow Lane",
    ];

    public static Person Draw(Rng rng, SyntheticOptions options, int index)
    {
        var female = rng.Chance(FemaleShare);
        var birthDate = BirthDate(rng, options.ReferenceDate);
        var given = Names.Given(rng, female, birthDate.Year);
        var family = Names.Family(rng);
        return new Person
        {
            Female = female,
            BirthDate = birthDate,
            Given = given,
            Middle = Names.OtherGiven(rng, female, birthDate.Year, given),
            Family = family,
            Home = Home(rng, rng.Chance(0.2)),
            Phone = Phone(rng),
            Email = rng.Chance(0.7) ? $"{given}.{family.Replace("'", "")}{index}@example.com".ToLowerInvariant() : null,
            RecordNumber = RecordNumber(options.Seed, index),
            SocialSecurityNumber = rng.Chance(0.85) ? NeverIssuedSocialSecurityNumber(rng) : null,
            NextOfKin = new Kin(Names.Given(rng, rng.Chance(0.5), birthDate.Year - 5), family, Phone(rng)),
        };
    }

    /// <summary>At least 40 days old, so that a newborn has had a visit whose results are in.</summary>
    private static DateOnly BirthDate(Rng rng, DateOnly referenceDate)
    {
        var u = rng.Unit();
        var age = u switch
        {
            < Under18Share => rng.Below(18),
            < Under18Share + From18To44Share => rng.Between(18, 44),
            < Under18Share + From18To44Share + From45To64Share => rng.Between(45, 64),
            // The smaller of two draws: fewer people at each later age.
            _ => 65 + Math.Min(rng.Below(32), rng.Below(32)),
        };
        var born = referenceDate.AddYears(-age).AddDays(-rng.Below(365));
        var latest = referenceDate.AddDays(-40);
        return born > latest ? latest : born;
    }

    public static Address Home(Rng rng, bool apartment)
    {
        var (city, state, zip) = rng.Pick(Cities);
        var line = string.Create(CultureInfo.InvariantCulture, $"{rng.Between(1, 999)} {rng.Pick(Streets)}");
        if (apartment)
            line += string.Create(CultureInfo.InvariantCulture, $" Apt {rng.Between(1, 40)}");
        return new Address(line, city, state, zip + rng.Below(100).ToString("00", CultureInfo.InvariantCulture));
    }

    /// <summary>555-0100 to 555-0199: the numbers that the North American Numbering Plan keeps for fiction.</summary>
    public static string Phone(Rng rng) =>
        string.Create(CultureInfo.InvariantCulture, $"({rng.Between(201, 989)}) 555-01{rng.Below(100):00}");

    /// <summary>The seed is in it, so that populations of two seeds can live on one server.</summary>
    private static string RecordNumber(ulong seed, int index) =>
        string.Create(CultureInfo.InvariantCulture, $"{Rng.Mix(seed) & 0xFFFFFFFF:X8}-{index:00000000}");

    /// <summary>
    /// No Social Security number begins with 9, says the SSA, and the IRS's taxpayer numbers that do have 50 or more in the middle: so
    /// none of these is anybody's.
    /// </summary>
    private static string NeverIssuedSocialSecurityNumber(Rng rng) =>
        string.Create(CultureInfo.InvariantCulture, $"9{rng.Below(100):00}-{rng.Between(1, 49):00}-{rng.Between(1, 9999):0000}");
}
