using PatientGrains.Synthetic.Chance;
using PatientGrains.Synthetic.Clinic;
using PatientGrains.Synthetic.People;

namespace PatientGrains.Synthetic.Life;

/// <summary>
/// What holds of one person for years: build, chronic conditions with their onset, habits. Every figure that is not cited is chosen to be
/// plausible.
/// </summary>
internal sealed class Traits
{
    /// <summary>Deviations from the mean of the person's sex and age.</summary>
    public required double HeightZ { get; init; }

    /// <summary>The adult's body mass index in kg/m2, and for a child the same percentile of its age.</summary>
    public required double AdultMassIndex { get; init; }

    public required double MassZ { get; init; }

    public required bool Smoker { get; init; }

    public required bool FormerSmoker { get; init; }

    /// <summary>HbA1c between 5.7 and 6.4 %, told to the patient or not.</summary>
    public required bool Prediabetic { get; init; }

    public required IReadOnlyList<Chronic> Chronic { get; init; }

    public bool Has(Diagnosis diagnosis) => Find(diagnosis) is not null;

    public Chronic? Find(Diagnosis diagnosis)
    {
        foreach (var chronic in Chronic)
        {
            if (chronic.Diagnosis == diagnosis)
                return chronic;
        }
        return null;
    }

    public static Traits Draw(Rng rng, Person person, DateOnly referenceDate)
    {
        var age = person.AgeOn(referenceDate);
        var adult = age >= 18;
        var massZ = rng.Normal();
        var massIndex = Growth.AdultMassIndex(massZ);
        var smoking = rng.Unit();
        var found = adult
            ? new ChronicDraw(rng, person, age, massIndex >= 30, referenceDate).All()
            : ChildsChronic(rng, person, age, referenceDate);
        var diabetic = found.Exists(x => x.Diagnosis == Diagnosis.Diabetes);
        // 38.0 % of adults have prediabetes (CDC, National Diabetes Statistics Report 2022); more than 80 % of them do not know.
        var prediabetic = adult && !diabetic && rng.Chance(0.38 / (1 - 0.147));
        if (prediabetic && rng.Chance(0.19))
            found.Add(new(Diagnosis.Prediabetes, referenceDate.AddDays(-rng.Between(30, 2000)), null));
        return new Traits
        {
            HeightZ = rng.Normal(),
            AdultMassIndex = massIndex,
            MassZ = massZ,
            // 12.5 % of US adults smoked cigarettes in 2020 (Cornelius et al., MMWR 2022;71:397-405).
            Smoker = adult && smoking < 0.125,
            FormerSmoker = adult && smoking is >= 0.125 and < 0.35,
            Prediabetic = prediabetic,
            Chronic = found,
        };
    }

    /// <summary>Asthma: 7.8 % of people (CDC, Most Recent National Asthma Data, 2019); a little less in children.</summary>
    private static List<Chronic> ChildsChronic(Rng rng, Person person, int age, DateOnly referenceDate)
    {
        var found = new List<Chronic>();
        if (age >= 4 && rng.Chance(0.07))
            found.Add(new(Diagnosis.Asthma, referenceDate.AddDays(-rng.Below(365 * (age - 3))), Medication.Albuterol));
        return found;
    }
}

/// <summary>A chronic condition, the day it began, and what is taken for it.</summary>
internal sealed record Chronic(Diagnosis Diagnosis, DateOnly Onset, Medication? Treatment);

/// <summary>Draws an adult's chronic conditions by age, sex and obesity.</summary>
internal sealed class ChronicDraw(Rng rng, Person person, int age, bool obese, DateOnly referenceDate)
{
    private readonly List<Chronic> _found = [];

    public List<Chronic> All()
    {
        var hypertensive = Draw(Diagnosis.Hypertension, Hypertension(person.Female, age) * (obese ? 1.2 : 0.856), 20,
            rng.Pick<Medication>([Medication.Lisinopril, Medication.Amlodipine, Medication.Hydrochlorothiazide]));
        var diabetic = Draw(Diagnosis.Diabetes, Diabetes(age) * (obese ? 1.5 : 0.64), 25, Medication.Metformin);
        Draw(Diagnosis.Hyperlipidemia, ByAge(0.05, 0.28, 0.45) * (diabetic ? 1.5 : 0.9), 25,
            rng.Pick<Medication>([Medication.Atorvastatin, Medication.Simvastatin]));
        if (obese)
            Draw(Diagnosis.Obesity, 0.7, 18, null);
        Draw(Diagnosis.Asthma, 0.08, 5, Medication.Albuterol);
        Draw(Diagnosis.Copd, ByAge(0.005, 0.06, 0.12), 40, Medication.Albuterol);
        // 9 in 10 adults with chronic kidney disease do not know it (CDC, Chronic Kidney Disease in the United States, 2021): these are
        // those told.
        Draw(Diagnosis.KidneyDisease, ByAge(0.003, 0.02, 0.09) * (diabetic ? 2 : 0.8), 35, null);
        var coronary = Draw(Diagnosis.CoronaryDisease, ByAge(0.004, 0.05, 0.15) * (hypertensive ? 1.3 : 0.6), 40, Medication.Aspirin);
        // About 2 % of people under 65 and 9 % of those over (CDC, atrial fibrillation fact sheet); nearly none of the young.
        Draw(Diagnosis.AtrialFibrillation, ByAge(0.003, 0.035, 0.09), 40, Medication.Warfarin);
        Draw(Diagnosis.HeartFailure, ByAge(0.002, 0.015, 0.06) * (coronary ? 2.5 : 0.7), 45, Medication.Furosemide);
        // 4.6 % (Hollowell et al., NHANES III, J Clin Endocrinol Metab 2002;87:489-499); women more often, chosen as 5 : 1.
        Draw(Diagnosis.Hypothyroidism, person.Female ? 0.076 : 0.015, 20, Medication.Levothyroxine);
        Draw(Diagnosis.Osteoarthritis, ByAge(0.02, 0.18, 0.35), 40, Medication.Acetaminophen);
        // 8.4 % of adults had a major depressive episode in 2020 (SAMHSA, National Survey on Drug Use and Health).
        Draw(Diagnosis.Depression, person.Female ? 0.105 : 0.062, 15, Medication.Fluoxetine);
        // 3.9 % of adults (Zhu, Pandya, Choi, NHANES 2007-2008, Arthritis Rheum 2011;63:3136-3141): men 5.9 %, women 2.0 %.
        Draw(Diagnosis.Gout, person.Female ? 0.02 : 0.059, 30, Medication.Allopurinol);
        return _found;
    }

    /// <summary>Ostchega et al., NCHS Data Brief 364 (2020): adults with hypertension 2017-2018, at 130/80 mmHg or treated.</summary>
    public static double Hypertension(bool female, int age) => (female, age) switch
    {
        (false, < 40) => 0.312,
        (false, < 60) => 0.594,
        (false, _) => 0.752,
        (true, < 40) => 0.130,
        (true, < 60) => 0.499,
        (true, _) => 0.739,
    };

    /// <summary>CDC, National Diabetes Statistics Report 2022: diagnosed and undiagnosed, 2017-2020.</summary>
    public static double Diabetes(int age) => age switch
    {
        < 45 => 0.048,
        < 65 => 0.189,
        _ => 0.292,
    };

    private double ByAge(double under45, double under65, double older) => age < 45 ? under45 : age < 65 ? under65 : older;

    /// <summary>
    /// Onset falls between the earliest usual age, or 18 for who is younger than that, and now: later rather than earlier.
    /// </summary>
    private bool Draw(Diagnosis diagnosis, double probability, int earliestAge, Medication? treatment)
    {
        if (!rng.Chance(probability))
            return false;
        var span = Math.Max(1, (age - Math.Min(earliestAge, age - 1)) * 365);
        var onset = referenceDate.AddDays(-30 - Math.Min(rng.Below(span), rng.Below(span)));
        _found.Add(new(diagnosis, onset < person.BirthDate ? person.BirthDate : onset, treatment));
        return true;
    }
}
