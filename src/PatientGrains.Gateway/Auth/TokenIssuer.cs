using System.Security.Cryptography;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using PatientGrains.Core.Access;

namespace PatientGrains.Gateway.Auth;

/// <summary>
/// Issues the bearer tokens that <see cref="TokenVerifier"/> accepts: JWTs signed with the server's own key (HS256). For deployments
/// without an identity provider.
/// </summary>
public sealed class TokenIssuer(GatewayOptions options, TimeProvider time)
{
    /// <summary>A token for one requester.</summary>
    /// <param name="who">Becomes <c>sub</c>, <c>roles</c>, <c>purpose</c> and <c>source</c>.</param>
    /// <param name="validFor">From now; becomes <c>exp</c>.</param>
    /// <returns>The compact form, to be sent as <c>Authorization: Bearer ...</c>.</returns>
    public string Issue(Requester who, TimeSpan validFor)
    {
        var now = time.GetUtcNow().UtcDateTime;
        return new JsonWebTokenHandler { SetDefaultTimesOnTokenCreation = false }.CreateToken(new SecurityTokenDescriptor
        {
            Issuer = options.TokenIssuer,
            Audience = options.TokenAudience,
            IssuedAt = now,
            NotBefore = now,
            Expires = now + validFor,
            Claims = new Dictionary<string, object>
            {
                [TokenClaims.Subject] = who.Subject,
                [TokenClaims.Id] = RandomNumberGenerator.GetHexString(32, lowercase: true),
                [TokenClaims.Roles] = who.Roles.Select(TokenClaims.NameOf).ToArray(),
                [TokenClaims.Purpose] = who.Purpose,
                [TokenClaims.Source] = who.Source,
            },
            SigningCredentials = new SigningCredentials(TokenClaims.KeyOf(options), SecurityAlgorithms.HmacSha256),
        });
    }
}

/// <summary>What our tokens are made of.</summary>
internal static class TokenClaims
{
    public const string Subject = "sub";
    public const string Id = "jti";
    public const string Roles = "roles";
    public const string Purpose = "purpose";
    public const string Source = "source";

    public static string NameOf(Role role) => role switch
    {
        Role.Clinician => "clinician",
        Role.Integrator => "integrator",
        Role.PrivacyOfficer => "privacy-officer",
        Role.Alerting => "alerting",
        Role.Operator => "operator",
        _ => throw new ArgumentOutOfRangeException(nameof(role), role, "The role has no name in tokens."),
    };

    public static Role? RoleOf(string name) => name switch
    {
        "clinician" => Role.Clinician,
        "integrator" => Role.Integrator,
        "privacy-officer" => Role.PrivacyOfficer,
        "alerting" => Role.Alerting,
        "operator" => Role.Operator,
        _ => null,
    };

    /// <exception cref="ArgumentException">The key is shorter than HS256 allows (RFC 7518 3.2).</exception>
    public static SymmetricSecurityKey KeyOf(GatewayOptions options) =>
        options.TokenKey.Length >= 32
            ? new SymmetricSecurityKey(options.TokenKey.ToArray())
            : throw new ArgumentException("The token key must have at least 32 bytes (RFC 7518 3.2).", nameof(options));
}
