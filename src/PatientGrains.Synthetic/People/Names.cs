using PatientGrains.Synthetic.Chance;

namespace PatientGrains.Synthetic.People;

/// <summary>
/// Common US names, our own short selection. Which generation bears which given name follows the Social Security Administration's lists of
/// popular baby names by decade; the surnames are among the most frequent of the 2010 Census. Draws are uniform within a list: frequencies
/// of single names are chosen to be plausible, not taken from a table. Nobody real is meant.
/// </summary>
internal static class Names
{
    private static readonly string[] BoysBefore1960 =
    [
        "James", "Robert", "John", "William", "Richard", "David", "Charles", "Thomas", "Donald", "Ronald", "Kenneth", "George",
        "Edward", "Paul", "Larry", "Gary", "Raymond", "Frank", "Harold", "Walter", "Arthur", "Eugene",
    ];

    private static readonly string[] BoysBefore1990 =
    [
        "Michael", "Christopher", "David", "James", "Jason", "Matthew", "Brian", "Daniel", "Joshua", "Andrew", "Eric", "Kevin",
        "Steven", "Timothy", "Anthony", "Joseph", "Ryan", "Adam", "Mark", "Scott", "Jeffrey", "Gregory", "Samuel", "Benjamin",
    ];

    private static readonly string[] BoysSince1990 =
    [
        "Liam", "Noah", "Ethan", "Mason", "Jacob", "Logan", "Lucas", "Jackson", "Aiden", "Elijah", "Oliver", "Alexander", "Tyler",
        "Dylan", "Nathan", "Caleb", "Isaac", "Gabriel", "Julian", "Owen", "Henry", "Leo",
    ];

    private static readonly string[] GirlsBefore1960 =
    [
        "Mary", "Barbara", "Patricia", "Linda", "Betty", "Carol", "Nancy", "Sandra", "Sharon", "Judith", "Dorothy", "Shirley",
        "Margaret", "Helen", "Ruth", "Virginia", "Joyce", "Janet", "Frances", "Gloria", "Marilyn", "Evelyn",
    ];

    private static readonly string[] GirlsBefore1990 =
    [
        "Jennifer", "Jessica", "Amanda", "Melissa", "Sarah", "Michelle", "Kimberly", "Amy", "Angela", "Elizabeth", "Stephanie",
        "Nicole", "Heather", "Rebecca", "Laura", "Rachel", "Christina", "Katherine", "Susan", "Lisa", "Karen", "Megan", "Lauren",
        "Catherine",
    ];

    private static readonly string[] GirlsSince1990 =
    [
        "Emma", "Olivia", "Ava", "Sophia", "Isabella", "Mia", "Charlotte", "Amelia", "Abigail", "Emily", "Madison", "Chloe", "Grace",
        "Hannah", "Natalie", "Victoria", "Zoe", "Lily", "Samantha", "Alexandra", "Ella", "Nora",
    ];

    private static readonly string[] Families =
    [
        "Smith", "Johnson", "Williams", "Brown", "Jones", "Garcia", "Miller", "Davis", "Rodriguez", "Martinez", "Hernandez", "Lopez",
        "Gonzalez", "Wilson", "Anderson", "Thomas", "Taylor", "Moore", "Jackson", "Martin", "Lee", "Perez", "Thompson", "White",
        "Harris", "Sanchez", "Clark", "Ramirez", "Lewis", "Robinson", "Walker", "Young", "Allen", "King", "Wright", "Scott", "Torres",
        "Nguyen", "Hill", "Flores", "Green", "Adams", "Nelson", "Baker", "Hall", "Rivera", "Campbell", "Mitchell", "Carter", "Roberts",
        "Gomez", "Phillips", "Evans", "Turner", "Diaz", "Parker", "Cruz", "Edwards", "Collins", "Reyes", "Stewart", "Morris", "Morales",
        "Murphy", "Cook", "Rogers", "Ortiz", "Morgan", "Cooper", "Peterson", "Bailey", "Reed", "Kelly", "Howard", "Ramos", "Kim", "Cox",
        "Ward", "Richardson", "Watson", "Brooks", "Chavez", "Wood", "Bennett", "Gray", "Mendoza", "Ruiz", "Hughes", "Price", "Alvarez",
        "Castillo", "Sanders", "Patel", "Myers", "Long", "Ross", "Foster", "Jimenez", "O'Brien", "Sullivan", "Fitzgerald", "McCarthy",
        "Hoffman", "Schmidt", "Wagner",
    ];

    private static readonly Dictionary<string, string> ShortForms = new(StringComparer.Ordinal)
    {
        ["James"] = "Jim", ["Robert"] = "Bob", ["John"] = "Jack", ["William"] = "Bill", ["Richard"] = "Rick", ["David"] = "Dave",
        ["Charles"] = "Chuck", ["Thomas"] = "Tom", ["Donald"] = "Don", ["Ronald"] = "Ron", ["Kenneth"] = "Ken", ["Edward"] = "Ed",
        ["Lawrence"] = "Larry", ["Raymond"] = "Ray", ["Walter"] = "Walt", ["Arthur"] = "Art", ["Eugene"] = "Gene", ["Michael"] = "Mike",
        ["Christopher"] = "Chris", ["Matthew"] = "Matt", ["Daniel"] = "Dan", ["Joshua"] = "Josh", ["Andrew"] = "Andy", ["Steven"] = "Steve",
        ["Timothy"] = "Tim", ["Anthony"] = "Tony", ["Joseph"] = "Joe", ["Jeffrey"] = "Jeff", ["Gregory"] = "Greg", ["Samuel"] = "Sam",
        ["Benjamin"] = "Ben", ["Jacob"] = "Jake", ["Alexander"] = "Alex", ["Nathan"] = "Nate", ["Gabriel"] = "Gabe", ["Henry"] = "Hank",
        ["Barbara"] = "Barb", ["Patricia"] = "Pat", ["Sandra"] = "Sandy", ["Judith"] = "Judy", ["Dorothy"] = "Dot", ["Margaret"] = "Peggy",
        ["Virginia"] = "Ginny", ["Jennifer"] = "Jen", ["Jessica"] = "Jess", ["Amanda"] = "Mandy", ["Melissa"] = "Missy",
        ["Michelle"] = "Shelly", ["Kimberly"] = "Kim", ["Angela"] = "Angie", ["Elizabeth"] = "Liz", ["Stephanie"] = "Steph",
        ["Rebecca"] = "Becky", ["Christina"] = "Tina", ["Katherine"] = "Kate", ["Catherine"] = "Cathy", ["Susan"] = "Sue",
        ["Isabella"] = "Bella", ["Abigail"] = "Abby", ["Madison"] = "Maddie", ["Victoria"] = "Vicky", ["Samantha"] = "Sam",
        ["Alexandra"] = "Alex", ["Charlotte"] = "Charlie", ["Natalie"] = "Nat",
    };

    public static string Given(Rng rng, bool female, int birthYear) => (female, birthYear) switch
    {
        (true, < 1960) => rng.Pick(GirlsBefore1960),
        (true, < 1990) => rng.Pick(GirlsBefore1990),
        (true, _) => rng.Pick(GirlsSince1990),
        (false, < 1960) => rng.Pick(BoysBefore1960),
        (false, < 1990) => rng.Pick(BoysBefore1990),
        (false, _) => rng.Pick(BoysSince1990),
    };

    /// <summary>A second given name, never the first again.</summary>
    public static string OtherGiven(Rng rng, bool female, int birthYear, string first)
    {
        string other;
        do
            other = Given(rng, female, birthYear);
        while (other == first);
        return other;
    }

    /// <summary>The commoner half of the ranked list twice as often as the rest.</summary>
    public static string Family(Rng rng) => Families[rng.Chance(1.0 / 3) ? rng.Below(Families.Length / 2) : rng.Below(Families.Length)];

    /// <summary>The everyday short form of a given name, or null where we know none.</summary>
    public static string? ShortForm(string given) => ShortForms.GetValueOrDefault(given);
}
