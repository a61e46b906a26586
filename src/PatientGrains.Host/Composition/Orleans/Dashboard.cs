using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Orleans.Dashboard;
using Orleans.Hosting;
using PatientGrains.Core.Access;
using PatientGrains.Gateway;
using PatientGrains.Gateway.Auth;
using PatientGrains.Host.Settings;
using PatientGrains.Log;
using Claim = System.Security.Claims.Claim;

namespace PatientGrains.Host.Composition;

/// <summary>
/// Orleans's dashboard: silos, types of grains, methods, rates and times, for operators with a token of ours. What it could say about a
/// single grain is left out, because the key of a grain names a patient: the page that looks a grain up by its key, and the live log.
/// </summary>
internal static class Dashboard
{
    public const string Path = "/dashboard";

    private const string Bearer = "Bearer";

    private static readonly PathString[] Withheld = [Path + "/GrainState", Path + "/Trace", Path + "/Reminders"];

    public static void Add(ISiloBuilder silo, HostSettings settings)
    {
        silo.AddDashboard();
        silo.Services.TryAddSingleton(provider => Services.GatewayOptionsOf(settings, provider.GetRequiredService<KeyRing>()));
        silo.Services.TryAddSingleton<TokenVerifier>();
        silo.Services.AddTransient<Tokens>();
        silo.Services.AddAuthenticationCore(options => options.AddScheme<Tokens>(options.DefaultScheme = Bearer, null));
        silo.Services.AddAuthorizationBuilder().AddDefaultPolicy("operators", policy => policy.RequireRole(nameof(Role.Operator)));
    }

    public static void Map(WebApplication app)
    {
        app.Use((context, next) =>
        {
            if (!Withheld.Any(path => context.Request.Path.StartsWithSegments(path)))
                return next(context);
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return Task.CompletedTask;
        });
        app.UseAuthentication();
        app.UseAuthorization();
        app.MapOrleansDashboard(routePrefix: Path).RequireAuthorization();
    }

    /// <summary>The tokens of the fronts; nobody without one gets further.</summary>
    private sealed class Tokens(TokenVerifier verifier) : IAuthenticationHandler
    {
        private HttpContext? _http;

        public Task InitializeAsync(AuthenticationScheme scheme, HttpContext context)
        {
            _http = context;
            return Task.CompletedTask;
        }

        public async Task<AuthenticateResult> AuthenticateAsync()
        {
            string sent = _http!.Request.Headers.Authorization.ToString();
            if (!sent.StartsWith(Bearer + " ", StringComparison.OrdinalIgnoreCase))
                return AuthenticateResult.NoResult();
            var proof = await verifier.Verify(sent[Bearer.Length..].Trim());
            if (proof.Who is not { } who)
                return AuthenticateResult.Fail(proof.Error!);
            Claim[] claims = [new(ClaimTypes.Name, who.Subject), .. who.Roles.Select(role => new Claim(ClaimTypes.Role, role.ToString()))];
            return AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(new ClaimsIdentity(claims, Bearer)), Bearer));
        }

        public Task ChallengeAsync(AuthenticationProperties? properties) => End(StatusCodes.Status401Unauthorized);

        public Task ForbidAsync(AuthenticationProperties? properties) => End(StatusCodes.Status403Forbidden);

        private Task End(int status)
        {
            // RFC 6750 3.
            if (status == StatusCodes.Status401Unauthorized)
                _http!.Response.Headers.WWWAuthenticate = Bearer + " realm=\"patientgrains\"";
            _http!.Response.StatusCode = status;
            return Task.CompletedTask;
        }
    }
}
